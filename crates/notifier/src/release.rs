//! A push that the authority has signed, and each device's part of it.

use std::sync::OnceLock;

use action::{ActionKind, DeviceId, PushId, Reason, SiteId, TaskGuid, TaskId, Timestamp};
use authority_link::Released;
use device_channel::{PushedTask, Request, RequestForm};
use proof::{Hash, MerkleTree, PushHead, SignedPush, TaskLeaf};

/// A push that the authority has signed, with the tree that leads from each device's leaf to the signature.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) task_guid: TaskGuid,
    pub(crate) task: PushedTask,
    pub(crate) kind: ActionKind,
    pub(crate) param: String,
    pub(crate) valid_until: Timestamp,
    /// In the order of the leaves.
    pub(crate) devices: Vec<DeviceId>,
    issued_at: Timestamp,
    deliver_by: Timestamp,
    finish_within_seconds: u32,
    request_hash: Hash,
    push: SignedPush,
    tree: MerkleTree,
    /// What all of its devices are told, encoded once.
    form: OnceLock<RequestForm>,
}

/// What became of devices that a release was asked for.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The push; none where the site's rules refuse every device.
    pub(crate) release: Option<Release>,
    /// Devices that the site's rules refuse now.
    pub(crate) refused: Vec<(DeviceId, Reason)>,
    /// Devices that are asked for again later.
    pub(crate) held: Vec<(DeviceId, Reason)>,
}

/// Why what the authority released cannot be pushed: no agent would take it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotARelease {
    #[error("`{0}` of the release cannot be read")]
    Field(&'static str),
    #[error("the release is of the site {0}")]
    OtherSite(SiteId),
    #[error("the signed root of the release is not that of its leaves")]
    OtherRoot,
}

impl Release {
    /// Builds the tree of what the authority has released, and compares its root with the one that is signed.
    pub(crate) fn build(
        site: SiteId,
        task_guid: TaskGuid,
        released: Released,
    ) -> Result<Outcome, NotARelease> {
        if released.devices.is_empty() {
            return Ok(Outcome { release: None, refused: released.refused, held: released.held });
        }
        let push = signed_push(&released.signed_push)?;
        if push.head.site != site {
            return Err(NotARelease::OtherSite(push.head.site));
        }
        let request_hash: Hash =
            released.request_hash.parse().map_err(|_| NotARelease::Field("request_hash"))?;
        let tree = MerkleTree::new(leaves(&released, &push.head, task_guid, request_hash));
        if tree.root() != push.head.root || tree.size() != push.head.tree_size {
            return Err(NotARelease::OtherRoot);
        }
        let release = Self {
            task_guid,
            task: PushedTask { push_id: released.push_id, task_id: released.task_id },
            kind: released.kind,
            param: released.param,
            valid_until: released.valid_until,
            devices: released.devices.into_iter().map(|(device, _)| device).collect(),
            issued_at: released.issued_at,
            deliver_by: released.deliver_by,
            finish_within_seconds: released.finish_within_seconds,
            request_hash,
            push,
            tree,
            form: OnceLock::new(),
        };
        Ok(Outcome { release: Some(release), refused: released.refused, held: released.held })
    }

    /// Appends the frame for the device of leaf `index`.
    pub(crate) fn frame_into(&self, index: u32, frames: &mut Vec<u8>) {
        let form = self.form.get_or_init(|| RequestForm::new(self.request(0)));
        let proof = self.tree.proof(index.into());
        form.frame_into(index.into(), proof.into_iter().map(|hash| hash.0), frames);
    }

    /// Returns the message for the device of leaf `index`.
    fn request(&self, index: u32) -> Request {
        Request {
            push_id: self.task.push_id,
            task_id: self.task.task_id,
            task_guid: self.task_guid,
            kind: self.kind,
            param: self.param.clone(),
            epoch: self.push.head.epoch,
            key_id: self.push.head.key_id.0,
            request_hash: self.request_hash.0,
            issued_at: self.issued_at,
            valid_until: self.valid_until,
            deliver_by: self.deliver_by,
            finish_within_seconds: self.finish_within_seconds,
            tree_size: self.tree.size(),
            leaf_index: index.into(),
            proof: self.tree.proof(index.into()).into_iter().map(|hash| hash.0).collect(),
            signature: self.push.signature.0,
        }
    }

    pub(crate) fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    pub(crate) fn push_id(&self) -> PushId {
        self.task.push_id
    }

    pub(crate) fn task_id(&self) -> TaskId {
        self.task.task_id
    }
}

fn leaves(released: &Released, head: &PushHead, task_guid: TaskGuid, request_hash: Hash) -> Vec<Hash> {
    let param_hash = Hash::of(released.param.as_bytes());
    let leaf = |(device, enrolment): &(DeviceId, action::EnrolmentId)| TaskLeaf {
        site: head.site,
        epoch: head.epoch,
        key_id: head.key_id,
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
    };
    released.devices.iter().map(|device| leaf(device).hash()).collect()
}

fn signed_push(text: &str) -> Result<SignedPush, NotARelease> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let bytes = STANDARD.decode(text).map_err(|_| NotARelease::Field("signed_push"))?;
    SignedPush::decode(&bytes).map_err(|_| NotARelease::Field("signed_push"))
}

#[cfg(test)]
pub(crate) mod tests;
