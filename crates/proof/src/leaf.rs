//! What is signed for one device of a push: the leaf of the Merkle tree.

use action::{ActionKind, DeviceId, EnrolmentId, PushId, SiteId, TaskGuid, TaskId, Timestamp};

use crate::{Hash, KeyId, fields::Fields, tree};

/// One task for one device. The agent rebuilds it with its own ids; it is never sent as such.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TaskLeaf {
    /// The site.
    pub site: SiteId,
    /// The site's epoch: grows when its store was restored.
    pub epoch: u64,
    /// The task key that signs the tree.
    pub key_id: KeyId,
    /// The device.
    pub device: DeviceId,
    /// The device's enrolment.
    pub enrolment: EnrolmentId,
    /// The action.
    pub task_guid: TaskGuid,
    /// The site's number for the task.
    pub task_id: TaskId,
    /// The push.
    pub push_id: PushId,
    /// The type of the task.
    pub task_type: ActionKind,
    /// SHA-256 of `TaskParam`.
    pub param_hash: Hash,
    /// When the release was authorised.
    pub issued_at: Timestamp,
    /// The device must have the task by then, or a fresh release is needed.
    pub valid_until: Timestamp,
    /// The action expires by then.
    pub deliver_by: Timestamp,
    /// Seconds from `received` to the answer.
    pub finish_within_seconds: u32,
    /// SHA-256 of the request that caused it.
    pub request_hash: Hash,
}

impl TaskLeaf {
    /// Returns the leaf's bytes.
    pub fn encode(&self) -> Vec<u8> {
        Fields::of("tenon/task/1")
            .uuid(self.site.0)
            .number(self.epoch)
            .bytes(&self.key_id.0)
            .uuid(self.device.0)
            .uuid(self.enrolment.0)
            .uuid(self.task_guid.0)
            .number(self.task_id.0)
            .number(self.push_id.0)
            .number(self.task_type.0.into())
            .bytes(&self.param_hash.0)
            .time(self.issued_at)
            .time(self.valid_until)
            .time(self.deliver_by)
            .number(self.finish_within_seconds.into())
            .bytes(&self.request_hash.0)
            .into_bytes()
    }

    /// Returns the leaf's hash in the tree.
    pub fn hash(&self) -> Hash {
        tree::leaf_hash(&self.encode())
    }
}
