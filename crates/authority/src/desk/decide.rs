//! Decides requests: verified, judged by the site's rules, recorded with the decision before anybody is told.

use std::time::Duration;

use action::{DeviceId, Reason, Targets, TaskGuid, Timestamp};
use authority_link::{
    Allowed, Answer, Decision, Mirror, MirroredCollection, MirroredPolicy, ResolvedTarget, Vouch,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proof::{Hash, Request};
use service::error::Chain;

use super::{Desk, DeskError};
use crate::{
    rollout::Rollout,
    site::ALL_DEVICES_NAME,
    store::{AuditEntry, Store, StoredDecision},
};

/// How long after its expiry a decided action is remembered, so that its id cannot be taken again: an answer may be late, and
/// clocks differ.
const REMEMBERED: Duration = Duration::from_hours(24);

/// The longest name of a person, in bytes.
const LONGEST_NAME: usize = 255;

impl Desk {
    /// Decides a request. The same bytes get the same decision, however often they are asked about.
    pub(super) async fn decide(
        &mut self,
        request: &str,
        vouch: &Vouch,
        now: Timestamp,
    ) -> Result<Decision, DeskError> {
        let not_valid = |what: String| {
            self.log.warn(format_args!("Refused a request that is not valid: {what}."));
            Decision::Refused { reason: Reason::RequestNotValid { what } }
        };
        let (request, hash) = match read(request, vouch) {
            Ok(read) => read,
            Err(what) => return Ok(not_valid(what)),
        };
        if let Some(known) = self.store.decision(request.id).await? {
            if known.request_sha256 == hash {
                return Ok(known.decision);
            }
            return Ok(not_valid("its id was used by another request".to_owned()));
        }
        let decision = match self.judge(&request, vouch, now)? {
            Ok(judged) => Decision::Allowed(Allowed {
                task_id: self.numbers.task()?,
                kind: action::ActionKind(request.params.task_type),
                param: request.params.task_param.clone(),
                targets: request.targets.clone(),
                count: judged.count,
                clocks: request.clocks(),
                offline: request.offline,
                rule: judged.rule,
                refused: judged.refused,
            }),
            Err(reason) => Decision::Refused { reason },
        };
        let stored = StoredDecision {
            task_guid: request.id,
            request_sha256: hash,
            person: vouch.user,
            person_name: vouch.name.clone(),
            decision: decision.clone(),
            keep_until: request.deliver_by.max(request.exp).plus(REMEMBERED),
        };
        let mut change = self.store.begin().await?;
        Store::put_decision(&mut change, &stored).await?;
        if let (Decision::Allowed(_), Targets::Collection { collection, .. }) = (&decision, &request.targets)
            && let Some(plan) = self.site.rollouts.get(collection)
        {
            let (begun, keep) = (Rollout::begin(now), stored.keep_until);
            Store::begin_rollout(&mut change, request.id, plan, &begun, keep).await?;
        }
        let number = Store::audit(&mut change, &audited(&stored, &request, now)).await?;
        change.commit().await?;
        self.say(&stored);
        // The decision stands; a mark that cannot be written is written with a later one.
        if let Err(error) = self.numbers.mark(number, false) {
            self.log.warn(format_args!("Failed to mark how far the audit has come: {}", Chain(&error)));
        }
        Ok(decision)
    }

    /// Returns a page of the targets of an action that was allowed.
    pub(super) async fn targets(
        &self,
        task_guid: TaskGuid,
        after: Option<DeviceId>,
        limit: u32,
    ) -> Result<Answer, DeskError> {
        let allowed = self.allowed(task_guid).await?.1;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let resolved = |device: &crate::store::StoredDevice| ResolvedTarget {
            device: device.device,
            resource: device.resource,
        };
        let targets = match &allowed.targets {
            Targets::Collection { collection, at_most } => {
                // What has joined the collection since must not make it more than was asked for.
                let before = after.map_or(0, |after| self.site.members_up_to(collection, after));
                let left = usize::try_from(at_most.saturating_sub(before)).unwrap_or(usize::MAX);
                self.site.members(collection, after, limit.min(left)).into_iter().map(resolved).collect()
            }
            Targets::Devices { devices } => devices
                .iter()
                .map(|target| target.device)
                .filter(|device| after.is_none_or(|after| *device > after))
                .filter(|device| allowed.refused.iter().all(|(refused, _)| refused != device))
                .filter_map(|device| self.site.device(device))
                .take(limit)
                .map(resolved)
                .collect(),
        };
        Ok(Answer::Targets { targets })
    }

    /// Returns an action's decision where it was allowed.
    pub(super) async fn allowed(&self, task_guid: TaskGuid) -> Result<(StoredDecision, Allowed), DeskError> {
        let stored = self.store.decision(task_guid).await?;
        let stored = stored.ok_or_else(|| {
            DeskError::NotPossible(format!("no decision on the action {task_guid} is known"))
        })?;
        match stored.decision.clone() {
            Decision::Allowed(allowed) => Ok((stored, allowed)),
            Decision::Refused { reason } => {
                Err(DeskError::NotPossible(format!("the action {task_guid} was refused: {reason}")))
            }
        }
    }

    /// Returns what the console may know: names and counts.
    pub(super) fn mirror(&self) -> Mirror {
        let all = MirroredCollection {
            id: Targets::ALL_DEVICES.to_owned(),
            name: ALL_DEVICES_NAME.to_owned(),
            version: 1,
            count: self.site.count(Targets::ALL_DEVICES).unwrap_or(0),
        };
        let own = self.site.collections.values().map(|collection| MirroredCollection {
            id: collection.stored.id.clone(),
            name: collection.stored.name.clone(),
            version: collection.stored.version,
            count: u64::try_from(collection.members.len()).unwrap_or(u64::MAX),
        });
        let policies = self.site.policies.values().filter(|policy| !policy.removed);
        Mirror {
            generation: self.site.generation,
            collections: std::iter::once(all).chain(own).collect(),
            policies: policies
                .map(|policy| MirroredPolicy {
                    id: policy.id.clone(),
                    name: policy.name.clone(),
                    version: policy.version,
                    collections: policy.collections.clone(),
                })
                .collect(),
            roles: self.site.people.roles().into_iter().map(|role| role.name).collect(),
        }
    }

    fn say(&self, stored: &StoredDecision) {
        let log = self.log.about(stored.task_guid).field("person", stored.person);
        match &stored.decision {
            Decision::Allowed(allowed) => log.info(format_args!(
                "Allowed by {}: {} devices. Vouched by the console for {}.",
                allowed.rule, allowed.count, stored.person_name
            )),
            Decision::Refused { reason } => {
                log.warn(format_args!(
                    "Refused: {reason}. Vouched by the console for {}.",
                    stored.person_name
                ));
            }
        }
    }
}

/// Reads a request and who is said to have made it; returns it with the hash of its bytes, else what is wrong.
pub(super) fn read(request: &str, vouch: &Vouch) -> Result<(Request, String), String> {
    let bytes = BASE64_STANDARD.decode(request).map_err(|_| "it is not base64".to_owned())?;
    let request = Request::parse(&bytes).map_err(|error| Chain(&error).to_string())?;
    if vouch.name.len() > LONGEST_NAME || vouch.name.contains(char::is_control) {
        return Err("the person's name is too long, or holds control characters".to_owned());
    }
    Ok((request, Hash::of(&bytes).hex()))
}

fn audited(stored: &StoredDecision, request: &Request, now: Timestamp) -> AuditEntry {
    let kind = action::ActionKind(request.params.task_type).template();
    let (rule, result) = match &stored.decision {
        Decision::Allowed(allowed) => (allowed.rule.clone(), "allowed"),
        Decision::Refused { reason } => (reason.to_string(), "refused"),
    };
    AuditEntry {
        at: now,
        who: format!("{} ({}), vouched by the console", stored.person_name, stored.person),
        what: format!("device action {kind}"),
        subject: stored.task_guid.to_string(),
        rule,
        result: result.to_owned(),
    }
}
