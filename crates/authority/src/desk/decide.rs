//! Decides requests: verified, judged by the site's rules, recorded with the decision before anybody is told.

use std::time::Duration;

use action::{Audited, DeviceId, Reason, Targets, TaskGuid, Timestamp};
use authority_link::{
    Allowed, Answer, Decision, Mirror, MirroredCollection, MirroredGrant, MirroredPolicy, ResolvedTarget,
    Vouch,
};
use database::Transaction;
use proof::Request;
use service::error::Chain;

use super::{
    Desk, DeskError,
    approve::waiting,
    judged::Judged,
    prove::{Asked, By, Proven},
};
use crate::{
    rollout::Rollout,
    site::ALL_DEVICES_NAME,
    store::{AuditEntry, Store, StoredDecision},
};

/// How long after its expiry a decided action is remembered, so that its id cannot be taken again: an answer may be late, and
/// clocks differ.
const REMEMBERED: Duration = Duration::from_hours(24);

impl Desk {
    /// Decides a request. The same bytes get the same decision, however often they are asked about.
    pub(super) async fn decide(
        &mut self,
        sent: &str,
        vouch: &Vouch,
        now: Timestamp,
    ) -> Result<(Decision, Option<Audited>), DeskError> {
        let asked = match self.read(sent, vouch) {
            Ok(asked) => asked,
            Err(reason) => return self.refuse_unproven(sent, reason, now).await,
        };
        if let Some(known) = self.store.decision(asked.request.id).await? {
            if known.request_sha256 == asked.hash {
                return Ok((known.decision, known.audit));
            }
            return self.refuse_unproven(sent, Reason::RequestReplayed, now).await;
        }
        let proven = self.prove(&asked, vouch, now);
        let (how, grant) = match &proven {
            Ok(Proven { how, grant }) => (how.clone(), grant.as_ref().map(|grant| grant.id.clone())),
            Err(_) => (asked.by.how(), None),
        };
        // The console's bare word may be sent any number of times: it is written down only while there is room for it.
        if let (Err(reason), By::Console { .. }) = (&proven, &asked.by)
            && !self.unproven_has_room(now).await?
        {
            return Ok((Decision::Refused { reason: reason.clone() }, None));
        }
        let judged = match proven {
            Ok(_) => self.judge(&asked.request)?,
            Err(reason) => Err(reason),
        };
        let waits = match &judged {
            Ok(_) => self.waits(&asked, now).await?,
            Err(_) => None,
        };
        let Asked { request, hash, by } = asked;
        let decision = match (judged, waits) {
            (Err(reason), _) | (Ok(_), Some(Err(reason))) => Decision::Refused { reason },
            (Ok(_), Some(Ok(until))) => Decision::Waits { reason: Reason::ApprovalMissing, until },
            (Ok(judged), None) => self.allow(&request, judged)?,
        };
        let mut stored = StoredDecision {
            task_guid: request.id,
            request_sha256: hash,
            person: request.sub,
            person_name: by.name().to_owned(),
            proof: how,
            level: by.level(),
            approver: None,
            decision: decision.clone(),
            audit: None,
            keep_until: request.deliver_by.max(request.exp).plus(REMEMBERED),
        };
        let mut change = self.store.begin().await?;
        let place = Store::audited(&mut change, &audited(&stored, &request, now)).await?;
        stored.audit = Some(place.clone());
        Store::put_decision(&mut change, &stored).await?;
        if let Decision::Waits { until, .. } = &decision {
            Store::put_waiting(&mut change, &waiting(&stored, sent, now, *until)).await?;
        }
        self.begin_rollout(&mut change, &stored, &request, now).await?;
        change.commit().await?;
        // Also what the rules refuse: each has taken a commit and a place in the audit.
        if let Some(grant) = grant {
            self.site.proofs.vouched(&grant, now);
        }
        self.say(&stored);
        self.mark(place.number);
        Ok((decision, Some(place)))
    }

    /// Takes a number for what is allowed.
    pub(super) fn allow(&mut self, request: &Request, judged: Judged) -> Result<Decision, DeskError> {
        Ok(Decision::Allowed(Allowed {
            task_id: self.numbers.task()?,
            kind: action::ActionKind(request.params.task_type),
            param: request.params.task_param.clone(),
            targets: request.targets.clone(),
            count: judged.count,
            clocks: request.clocks(),
            offline: request.offline,
            rule: judged.rule,
            refused: judged.refused,
        }))
    }

    /// Begins the rollout of what is allowed, where its collection has a plan.
    pub(super) async fn begin_rollout(
        &self,
        change: &mut Transaction,
        stored: &StoredDecision,
        request: &Request,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        if let (Decision::Allowed(_), Targets::Collection { collection, .. }) =
            (&stored.decision, &request.targets)
            && let Some(plan) = self.site.rollouts.get(collection)
        {
            let (begun, keep) = (Rollout::begin(now), stored.keep_until);
            Store::begin_rollout(change, request.id, plan, &begun, keep).await?;
        }
        Ok(())
    }

    /// Refuses what nobody is known to have asked for. Its id is not taken: whoever has it may still ask.
    async fn refuse_unproven(
        &mut self,
        request: &str,
        reason: Reason,
        now: Timestamp,
    ) -> Result<(Decision, Option<Audited>), DeskError> {
        let claimed = Self::claimed(request);
        let entry = AuditEntry {
            at: now,
            who: claimed
                .map_or_else(|| "nobody".to_owned(), |(user, _)| format!("said to be {user}, not proven")),
            what: "request".to_owned(),
            subject: claimed.map_or_else(String::new, |(_, task_guid)| task_guid.to_string()),
            rule: reason.to_string(),
            result: "refused".to_owned(),
        };
        let place = self.audit_unproven(entry).await?;
        Ok((Decision::Refused { reason }, place))
    }

    /// The decision stands; a mark that cannot be written is written with a later one.
    pub(super) fn mark(&mut self, number: u64) {
        if let Err(error) = self.numbers.mark(number, false) {
            self.log.warn(format_args!("Failed to mark how far the audit has come: {}", Chain(&error)));
        }
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
            Targets::Collection { collection, at_most, .. } => {
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
            Decision::Waits { reason, .. } => {
                Err(DeskError::NotPossible(format!("the action {task_guid} waits: {reason}")))
            }
        }
    }

    /// Returns what the console may know: names and counts.
    pub(super) fn mirror(&self, now: Timestamp) -> Mirror {
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
            vouching: self
                .site
                .proofs
                .grants(now)
                .map(|grant| MirroredGrant { user: grant.person, token: grant.token, expires: grant.expires })
                .collect(),
            halted: self.site.halted,
            roles: self.site.people.roles().into_iter().map(|role| role.name).collect(),
        }
    }

    pub(super) fn say(&self, stored: &StoredDecision) {
        let log = self.log.about(stored.task_guid).field("person", stored.person);
        match &stored.decision {
            Decision::Allowed(allowed) => log.info(format_args!(
                "Allowed by {}: {} devices. Asked by {}, {}.",
                allowed.rule, allowed.count, stored.person_name, stored.proof
            )),
            Decision::Refused { reason } => {
                log.warn(format_args!(
                    "Refused: {reason}. Asked by {}, {}.",
                    stored.person_name, stored.proof
                ));
            }
            Decision::Waits { reason, until } => log.info(format_args!(
                "Waits until {until}: {reason}. Asked by {}, {}.",
                stored.person_name, stored.proof
            )),
        }
    }
}

pub(super) fn audited(stored: &StoredDecision, request: &Request, now: Timestamp) -> AuditEntry {
    let kind = action::ActionKind(request.params.task_type).template();
    let (rule, result) = match &stored.decision {
        Decision::Allowed(allowed) => (allowed.rule.clone(), "allowed"),
        Decision::Refused { reason } => (reason.to_string(), "refused"),
        Decision::Waits { reason, .. } => (reason.to_string(), "waits"),
    };
    AuditEntry {
        at: now,
        who: format!("{} ({}), {}", stored.person_name, stored.person, stored.proof),
        what: format!("device action {kind}"),
        subject: stored.task_guid.to_string(),
        rule,
        result: result.to_owned(),
    }
}
