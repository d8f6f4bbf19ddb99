//! Signs releases: each push is authorised again when it is released, and one signature covers all its devices.

use std::time::Duration;

use action::{DeviceId, EnrolmentId, Reason, Targets, TaskGuid, Timestamp};
use authority_link::{Allowed, Answer, Released, Results};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proof::{Hash, MerkleTree, PushHead, TaskLeaf};

use super::{Desk, DeskError};
use crate::rules::Verdicts;

/// How long a device may take to get a released task: a task in flight is at most this much older than its authorisation.
const VALID: Duration = Duration::from_mins(15);

impl Desk {
    /// Authorises one push of a task and signs it. Takes no commit: the PushID comes from a block that is reserved.
    pub(super) async fn release(
        &mut self,
        task_guid: TaskGuid,
        devices: &[DeviceId],
        results: Option<Results>,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let (stored, allowed) = self.allowed(task_guid).await?;
        let request_hash: Hash = stored
            .request_sha256
            .parse()
            .map_err(|_| DeskError::NotPossible(format!("the decision on {task_guid} is damaged")))?;
        let rollout = self.rollout(task_guid, results, now).await?;
        let mut verdicts = self.site.verdicts(stored.person, allowed.kind);
        let mut lost = self.may_nothing(stored.person, &mut verdicts)?;
        // Whoever approved it must be allowed the same, now as then.
        let mut approver = stored.approver.map(|person| self.site.verdicts(person, allowed.kind));
        if let (None, Some(person), Some(verdicts)) = (&lost, stored.approver, &mut approver) {
            lost = self.may_nothing(person, verdicts)?;
        }
        let not_approved = self.not_approved_for(&stored, allowed.kind);
        let mut admitted = Vec::with_capacity(devices.len());
        let mut refused = Vec::new();
        let mut held = Vec::new();
        for device in devices {
            let judged = match &lost {
                Some(reason) => Err(reason.clone()),
                None => match (self.admit(&allowed, *device, &mut verdicts, now)?, &mut approver) {
                    (Ok(_), Some(approver)) => self.admit(&allowed, *device, approver, now)?,
                    (judged, _) => judged,
                },
            };
            let judged = match judged {
                Ok(_) if not_approved.iter().any(|collection| self.site.holds(collection, *device)) => {
                    Err(Reason::ApprovalMissing)
                }
                judged => judged,
            };
            let held_back = match &rollout {
                _ if self.site.halted => Some(Reason::SiteHalted),
                Some((plan, rollout)) => self.held_back(plan, rollout, *device),
                None => None,
            };
            match (judged, held_back) {
                (Err(reason), _) | (_, Some(reason @ Reason::RolloutStopped { .. })) => {
                    refused.push((*device, reason));
                }
                (_, Some(reason)) => held.push((*device, reason)),
                (Ok(enrolment), None) => admitted.push((*device, enrolment)),
            }
        }
        let mut released = Released {
            push_id: action::PushId(0),
            task_id: allowed.task_id,
            kind: allowed.kind,
            param: allowed.param,
            request_hash: request_hash.hex(),
            issued_at: now,
            valid_until: now.plus(VALID).min(allowed.clocks.deliver_by),
            deliver_by: allowed.clocks.deliver_by,
            finish_within_seconds: allowed.clocks.finish_within_seconds,
            devices: admitted,
            refused,
            held,
            signed_push: String::new(),
        };
        if !released.devices.is_empty() {
            released.push_id = self.numbers.push()?;
            released.signed_push = self.sign(&released, task_guid, request_hash);
        }
        // While releases are halted the notifier asks again and again; the halt itself was logged.
        if self.site.halted {
            return Ok(Answer::Released(Box::new(released)));
        }
        self.log.about(task_guid).info(format_args!(
            "Released push {} of task {} to {} devices; {} are refused, {} held back.",
            released.push_id,
            released.task_id,
            released.devices.len(),
            released.refused.len(),
            released.held.len()
        ));
        Ok(Answer::Released(Box::new(released)))
    }

    /// Decides whether one device gets the task now.
    fn admit(
        &self,
        allowed: &Allowed,
        device: DeviceId,
        verdicts: &mut Verdicts<'_>,
        now: Timestamp,
    ) -> Result<Result<EnrolmentId, Reason>, DeskError> {
        if allowed.clocks.deliver_by <= now {
            return Ok(Err(Reason::NotDeliveredInTime));
        }
        let Some(known) = self.site.device(device) else {
            let gone = self.site.devices.contains_key(&device);
            return Ok(Err(if gone { Reason::DeviceRevoked } else { Reason::DeviceUnknown }));
        };
        let asked_for = match &allowed.targets {
            Targets::Collection { collection, .. } => self.site.holds(collection, device),
            Targets::Devices { devices } => {
                devices.binary_search_by(|target| target.device.cmp(&device)).is_ok()
                    && allowed.refused.iter().all(|(refused, _)| *refused != device)
            }
        };
        if !asked_for {
            return Ok(Err(self.outside(verdicts)?));
        }
        Ok(self.rule_for(device, verdicts)?.map(|_| known.enrolment))
    }

    fn sign(&self, released: &Released, task_guid: TaskGuid, request_hash: Hash) -> String {
        let (site, epoch, key_id) = (self.keys.site, self.numbers.epoch(), self.keys.task.id());
        let param_hash = Hash::of(released.param.as_bytes());
        let leaves = released.devices.iter().map(|(device, enrolment)| {
            TaskLeaf {
                site,
                epoch,
                key_id,
                device: *device,
                enrolment: *enrolment,
                task_guid,
                task_id: released.task_id,
                push_id: released.push_id,
                task_type: released.kind,
                param_hash,
                issued_at: released.issued_at,
                valid_until: released.valid_until,
                deliver_by: released.deliver_by,
                finish_within_seconds: released.finish_within_seconds,
                request_hash,
            }
            .hash()
        });
        let tree = MerkleTree::new(leaves.collect());
        let head = PushHead {
            site,
            epoch,
            key_id,
            tree_size: tree.size(),
            root: tree.root(),
            issued_at: released.issued_at,
        };
        BASE64_STANDARD.encode(head.sign(&self.keys.task).encode())
    }
}
