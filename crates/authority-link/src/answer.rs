//! What the authority answers.

use action::{
    ActionKind, Audited, Clocks, DeviceId, EnrolmentId, OfflinePolicy, PushId, Reason, ResourceId, Targets,
    TaskId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{DryRun, KeyBound, MirroredGrant, OwnerAnswer};

/// The authority's answer to a [`crate::Call`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the calls document their answers")]
pub enum Answer {
    Done,
    Decision {
        #[serde(flatten)]
        decision: Decision,
        /// Where it stands in the site's audit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audit: Option<Audited>,
    },
    DryRun(Box<DryRun>),
    MayRead {
        /// The rule that allows it.
        rule: String,
        /// The collections that hold the device: id and name.
        collections: Vec<(String, String)>,
    },
    MayNotRead {
        reason: Reason,
    },
    KeyBound(Box<KeyBound>),
    KeyNotBound {
        reason: Reason,
    },
    Approved {
        /// Whether the action is on its way now.
        allowed: bool,
    },
    NotApproved {
        reason: Reason,
    },
    Targets {
        targets: Vec<ResolvedTarget>,
    },
    SiteNonce {
        nonce: String,
    },
    Paired {
        /// The message T2.
        message: String,
    },
    NotPaired {
        reason: Reason,
    },
    Mirror(Mirror),
    AuditHashes(Box<proof::witness::Page>),
    Wanted {
        /// The entries of the console's audit behind which pages are wanted now.
        after: Vec<u64>,
    },
    Released(Box<Released>),
    SiteTime {
        time: String,
    },
    Enrolled(Box<Enrolled>),
    /// The outside is told only that it was refused; the reason is for the site's log.
    Denied {
        reason: String,
    },
    Manifest {
        manifest: String,
    },
    Document {
        document: String,
    },
    Certificate {
        chain: String,
    },
    TrustDocument {
        document: String,
    },
    Revocations {
        generation: u64,
        revoked: Vec<EnrolmentId>,
        restored: Vec<EnrolmentId>,
    },
    TicketKeys {
        keys: Vec<TicketKey>,
    },
    Removed {
        generation: u64,
        devices: Vec<DeviceId>,
    },
    /// The device is known and waits for its approval: it asks again later.
    Waits {
        reason: String,
    },
    Owner(Box<OwnerAnswer>),
    /// The call could not be carried out; trying again may help where `transient` is set.
    Failed {
        what: String,
        transient: bool,
    },
}

/// The secret that TLS tickets of one day are encrypted under.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
pub struct TicketKey {
    /// Days since 1970.
    pub day: u64,
    /// 32 bytes, base64.
    pub secret: String,
}

impl std::fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketKey").field("day", &self.day).finish_non_exhaustive()
    }
}

/// What the authority decided of a request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// The site's rules allow it.
    Allowed(Allowed),
    /// They do not.
    Refused {
        /// Why.
        reason: Reason,
    },
    /// They do, once a second person has approved it: asked again, it is decided.
    Waits {
        /// What it waits for.
        reason: Reason,
        /// It is over then.
        until: Timestamp,
    },
}

/// A request that the site's rules allow.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Allowed {
    /// The site's number for the task.
    pub task_id: TaskId,
    /// What is asked.
    pub kind: ActionKind,
    /// `TaskParam`, at most 4 KiB.
    pub param: String,
    /// What it is aimed at, as asked.
    pub targets: Targets,
    /// How many devices that is now.
    pub count: u64,
    /// The two clocks.
    #[serde(flatten)]
    pub clocks: Clocks,
    /// What happens to targets that are offline.
    pub offline: OfflinePolicy,
    /// The role, collection and policy that allowed it.
    pub rule: String,
    /// Targets of the request that are refused, each with its reason; the others go on.
    pub refused: Vec<(DeviceId, Reason)>,
}

/// A device that an action is aimed at, as the authority knows it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ResolvedTarget {
    /// The device.
    pub device: DeviceId,
    /// The site's number for it.
    pub resource: ResourceId,
}

/// One push of a task, signed: what the notifier needs to make each device's `BgbRequestMessage`.
///
/// Leaf `i` of the tree is that of `devices[i]`; the notifier builds leaves and proofs itself, from these fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Released {
    /// The number of this push.
    pub push_id: PushId,
    /// The site's number for the task.
    pub task_id: TaskId,
    /// The type of the task.
    pub kind: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// SHA-256 of the request that caused it, hexadecimal.
    pub request_hash: String,
    /// When the leaves were made.
    pub issued_at: Timestamp,
    /// The devices must have the task by then, or ask for a fresh release.
    pub valid_until: Timestamp,
    /// The action expires by then.
    pub deliver_by: Timestamp,
    /// Seconds from `received` to the answer.
    pub finish_within_seconds: u32,
    /// The devices that are in this push, in the order of the leaves.
    pub devices: Vec<(DeviceId, EnrolmentId)>,
    /// Devices that the site's rules refuse now.
    pub refused: Vec<(DeviceId, Reason)>,
    /// Devices that get it later: ask again for them, with what has become of the task until then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<(DeviceId, Reason)>,
    /// The signed head of the tree (`proof::SignedPush`), base64; empty where no device is in the push.
    pub signed_push: String,
}

/// A device that was admitted.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The device.
    pub device: DeviceId,
    /// Its enrolment.
    pub enrolment: EnrolmentId,
    /// The site's number for it.
    pub resource: ResourceId,
    /// Its certificate and the CA's, PEM.
    pub chain: String,
    /// When the certificate ends.
    pub not_after: Timestamp,
    /// The site's trust document, signed.
    pub trust_document: String,
}

/// What the console may know of the site's rules: names and counts.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Mirror {
    /// Grows with every change.
    pub generation: u64,
    /// The site's collections.
    pub collections: Vec<MirroredCollection>,
    /// The site's policies.
    pub policies: Vec<MirroredPolicy>,
    /// The names of the site's security roles.
    pub roles: Vec<String>,
    /// For whom the console may vouch.
    #[serde(default)]
    pub vouching: Vec<MirroredGrant>,
    /// Whether the site's owner has halted all releases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub halted: bool,
}

/// A collection, as the console may know it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct MirroredCollection {
    /// Such as `SMS00001`.
    pub id: String,
    /// Such as `All Devices`.
    pub name: String,
    /// Grows when the rule changes.
    pub version: u64,
    /// How many devices it holds.
    pub count: u64,
}

/// A policy, as the console may know it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct MirroredPolicy {
    /// The policy's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// The collections that it is assigned to.
    pub collections: Vec<String>,
}
