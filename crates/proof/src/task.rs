//! The agent's check: a task is run only if the site authority signed it for this very device.

use action::{ActionKind, DeviceId, EnrolmentId, PushId, SiteId, TaskGuid, TaskId, Timestamp};

use crate::{
    Hash, KeyId, PushHead, Signature, SignatureNotValid, SignedPush, TaskLeaf, TrustDocument, VerifyingKey,
    request::LONGEST_PARAM, tree,
};

/// What a `BgbRequestMessage` says of a task. Nothing of it is believed before [`TaskVerifier::verify`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presented {
    /// The epoch that the task is said to be of.
    pub epoch: u64,
    /// The key that is said to have signed.
    pub key_id: KeyId,
    /// The action.
    pub task_guid: TaskGuid,
    /// The site's number for the task.
    pub task_id: TaskId,
    /// The push.
    pub push_id: PushId,
    /// The type of the task.
    pub task_type: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// When the release was authorised.
    pub issued_at: Timestamp,
    /// The device must have the task by then.
    pub valid_until: Timestamp,
    /// The action expires by then.
    pub deliver_by: Timestamp,
    /// Seconds from `received` to the answer.
    pub finish_within_seconds: u32,
    /// SHA-256 of the request that caused it.
    pub request_hash: Hash,
    /// How many leaves the tree has.
    pub tree_size: u64,
    /// Which of them is this device's.
    pub index: u64,
    /// The proof that it is in the tree.
    pub proof: Vec<Hash>,
    /// The signature on the tree's root.
    pub signature: Signature,
}

/// Who the agent is and whom it believes.
#[derive(Clone, Copy, Debug)]
pub struct TaskVerifier<'a> {
    /// The agent's own site.
    pub site: SiteId,
    /// The agent's own id.
    pub device: DeviceId,
    /// The agent's own enrolment.
    pub enrolment: EnrolmentId,
    /// The trust document that the agent accepted.
    pub trust: &'a TrustDocument,
    /// The highest epoch that the agent has seen.
    pub highest_epoch: u64,
    /// The highest signed site time that the agent has seen, counted on by the boot clock.
    pub trusted_time: Timestamp,
}

/// A task that the site authority signed for this device. Only [`TaskVerifier::verify`] makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct VerifiedTask {
    /// The epoch: the agent remembers the highest.
    pub epoch: u64,
    /// The action.
    pub task_guid: TaskGuid,
    /// The site's number for the task.
    pub task_id: TaskId,
    /// The push.
    pub push_id: PushId,
    /// The type of the task.
    pub task_type: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// The action expires by then.
    pub deliver_by: Timestamp,
    /// Seconds from `received` to the answer.
    pub finish_within_seconds: u32,
    /// When the release was authorised: signed, so a lower bound of the site's time.
    pub issued_at: Timestamp,
}

/// Why the agent refuses a task.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// It is of a time before the site was restored.
    #[error("the task is of epoch {shown}, this device has seen epoch {highest}")]
    EpochTooLow {
        /// The task's epoch.
        shown: u64,
        /// The highest that the device has seen.
        highest: u64,
    },
    /// The trust document names no such key.
    #[error("the task is signed by key {0}, which is not a task key of the site")]
    KeyUnknown(KeyId),
    /// The trust document is not of the agent's site.
    #[error("the trust document is of another site")]
    OtherSite,
    /// The trust document has ended.
    #[error("the trust document ended at {0}")]
    TrustEnded(Timestamp),
    /// `TaskParam` is longer than any that is valid.
    #[error("TaskParam is longer than {LONGEST_PARAM} bytes")]
    ParamTooLong,
    /// The proof leads nowhere.
    #[error("the task's proof does not fit its tree")]
    ProofNotValid,
    /// The signature is not that of the site authority for this device and task.
    #[error("the task is not signed by the site authority for this device")]
    SignatureNotValid,
    /// Its authorisation is too old: it must be released anew.
    #[error("the task's release ended at {0}")]
    ReleaseEnded(Timestamp),
    /// The action has expired.
    #[error("the task had to be delivered by {0}")]
    Expired(Timestamp),
}

impl TaskVerifier<'_> {
    /// Verifies a task.
    ///
    /// # Errors
    ///
    /// Says why the task is refused. Times are looked at last, so that what says that it is too late is signed.
    pub fn verify(&self, task: Presented) -> Result<VerifiedTask, Refusal> {
        self.verify_with(task, |push, key| push.verify(key))
    }

    /// As [`TaskVerifier::verify`], with the check of the root's signature left to `signed`: for whoever holds many devices
    /// in one process and has verified that very root before. Everything else is checked as for one device.
    ///
    /// # Errors
    ///
    /// Says why the task is refused.
    pub fn verify_with(
        &self,
        task: Presented,
        signed: impl FnOnce(&SignedPush, &VerifyingKey) -> Result<(), SignatureNotValid>,
    ) -> Result<VerifiedTask, Refusal> {
        if self.trust.site != self.site {
            return Err(Refusal::OtherSite);
        }
        if self.trust.expires < self.trusted_time {
            return Err(Refusal::TrustEnded(self.trust.expires));
        }
        let highest = self.highest_epoch.max(self.trust.epoch);
        if task.epoch < highest {
            return Err(Refusal::EpochTooLow { shown: task.epoch, highest });
        }
        let key = self.trust.task_keys.iter().find(|key| key.id() == task.key_id);
        let key = key.ok_or(Refusal::KeyUnknown(task.key_id))?;
        if task.param.len() > LONGEST_PARAM {
            return Err(Refusal::ParamTooLong);
        }

        let leaf = self.own_leaf(&task).hash();
        let root =
            tree::root_of(leaf, task.index, task.tree_size, &task.proof).ok_or(Refusal::ProofNotValid)?;
        let head = PushHead {
            site: self.site,
            epoch: task.epoch,
            key_id: task.key_id,
            tree_size: task.tree_size,
            root,
            issued_at: task.issued_at,
        };
        let push = SignedPush { head, signature: task.signature };
        signed(&push, key).map_err(|_| Refusal::SignatureNotValid)?;

        if task.deliver_by < self.trusted_time {
            return Err(Refusal::Expired(task.deliver_by));
        }
        if task.valid_until < self.trusted_time {
            return Err(Refusal::ReleaseEnded(task.valid_until));
        }
        let Presented { epoch, task_guid, task_id, push_id, task_type, param, deliver_by, .. } = task;
        let Presented { finish_within_seconds, issued_at, .. } = task;
        Ok(VerifiedTask {
            epoch,
            task_guid,
            task_id,
            push_id,
            task_type,
            param,
            deliver_by,
            finish_within_seconds,
            issued_at,
        })
    }

    /// Returns the leaf that the authority must have signed: with the agent's own ids, whatever the message says.
    fn own_leaf(&self, task: &Presented) -> TaskLeaf {
        TaskLeaf {
            site: self.site,
            epoch: task.epoch,
            key_id: task.key_id,
            device: self.device,
            enrolment: self.enrolment,
            task_guid: task.task_guid,
            task_id: task.task_id,
            push_id: task.push_id,
            task_type: task.task_type,
            param_hash: Hash::of(task.param.as_bytes()),
            issued_at: task.issued_at,
            valid_until: task.valid_until,
            deliver_by: task.deliver_by,
            finish_within_seconds: task.finish_within_seconds,
            request_hash: task.request_hash,
        }
    }
}
