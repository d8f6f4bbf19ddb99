//! What the site's roles ask of the authority, and its answers.

use action::{
    ActionKind, Clocks, DeviceId, EnrolmentId, OfflinePolicy, PushId, Reason, ResourceId, Targets, TaskGuid,
    TaskId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{OwnerAnswer, OwnerCall};

/// A role of the site that may call the authority.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The service connector.
    Connector,
    /// A notification server.
    Notifier,
    /// A management point.
    ManagementPoint,
    /// The site's owner, at the site's own host.
    Owner,
}

/// A call with the number that its answer repeats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbered<T> {
    /// Chosen by the caller, unique among its open calls.
    pub number: u64,
    /// The call or the answer.
    #[serde(flatten)]
    pub body: T,
}

/// What a role asks of the authority. Each says who may call it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// First call on a connection: the role that the caller speaks for. The authority checks it against the
    /// connection's credentials. Answer: `Done`.
    Introduce {
        /// The caller's role.
        role: Role,
    },
    /// Connector: verify and decide a request. Asked again with the same bytes, it gives the same answer.
    /// Answer: `Decision`.
    Decide {
        /// The request's bytes as received (`proof::Request` in its canonical form), base64.
        request: String,
        /// Who the console says the person is (until requests carry their own proof).
        vouch: Vouch,
    },
    /// Connector: a page of the targets of an action that was allowed, in the order of their ids. Answer: `Targets`.
    Targets {
        /// The action.
        task_guid: TaskGuid,
        /// The last device of the page before.
        after: Option<DeviceId>,
        /// At most [`crate::PAGE`].
        limit: u32,
    },
    /// Connector: what the console may know of collections, policies and roles. Answer: `Mirror`.
    Mirror,
    /// Notifier: authorise again and sign one push of a task to these devices. Answer: `Released`.
    Release {
        /// The action.
        task_guid: TaskGuid,
        /// At most [`crate::PAGE`] devices.
        devices: Vec<DeviceId>,
    },
    /// Notifier and management point: the site's time, signed. Answer: `SiteTime`.
    SiteTime,
    /// Management point: admit a join token and a CSR. Answer: `Enrolled` or `Denied`.
    Enrol {
        /// The token's id.
        token: String,
        /// The token's secret, base64url without padding.
        secret: String,
        /// PKCS#10, PEM. Only its public key is taken.
        csr: String,
        /// What the device says of itself.
        facts: Facts,
    },
    /// Management point: renew the certificate of an enrolled device. Answer: `Enrolled` or `Denied`.
    Renew {
        /// The device, from its certificate.
        device: DeviceId,
        /// The serial number of the certificate that it showed, hexadecimal.
        serial: String,
        /// PKCS#10, PEM.
        csr: String,
    },
    /// Management point: the manifest of a device, signed. Answer: `Manifest`.
    Manifest {
        /// The device, from its certificate.
        device: DeviceId,
    },
    /// Management point: a policy document by its hash. Answer: `Document`.
    Document {
        /// SHA-256, hexadecimal.
        sha256: String,
    },
    /// Management point: what devices say of themselves; the authority keeps its own copy. Answer: `Done`.
    PutFacts {
        /// At most [`crate::FACTS_PAGE`].
        facts: Vec<(DeviceId, Facts)>,
    },
    /// Notifier and management point: a server certificate for the caller's own role. Answer: `Certificate`.
    ServerCertificate {
        /// PKCS#10, PEM. Only its public key is taken.
        csr: String,
    },
    /// Any role: the site's trust document, signed. Answer: `TrustDocument`.
    TrustDocument,
    /// Notifier and management point: devices whose certificates must be refused, changed since a generation.
    /// Answer: `Revocations`.
    Revocations {
        /// The generation of the last answer; 0 for all.
        since: u64,
    },
    /// Owner: administration of the site. Answer: `Owner`.
    Owner {
        /// What the owner asks.
        owner: OwnerCall,
    },
}

/// The authority's answer to a [`Call`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the calls document their answers")]
pub enum Answer {
    Done,
    Decision(Decision),
    Targets {
        targets: Vec<ResolvedTarget>,
    },
    Mirror(Mirror),
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
    Owner(Box<OwnerAnswer>),
    /// The call could not be carried out; trying again may help where `transient` is set.
    Failed {
        what: String,
        transient: bool,
    },
}

/// Whom the console vouches for. Recorded with the decision; replaced by the person's own proof.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouch {
    /// The person's id at the console (`AADUserID`).
    pub user: action::UserId,
    /// The person's sign-in name.
    pub name: String,
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

/// What a device says of itself. Not trusted: shown, and used by query collections.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The host's name.
    pub name: String,
    /// The operating system, such as `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    /// The operating system's version, such as `12`.
    pub os_version: String,
    /// The processor's architecture, such as `x86_64`.
    pub architecture: String,
    /// The agent's version.
    pub client_version: String,
    /// A hash of the machine's id; the same for clones of one image.
    pub hardware: String,
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
