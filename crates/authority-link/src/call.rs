//! What the site's roles ask of the authority.

use action::{DeviceId, ResourceId, TaskGuid, TenantId};
use proof::witness::Page;
use serde::{Deserialize, Serialize};

use crate::{Forecast, OwnerCall, Results};

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
#[derive(Clone, PartialEq, Serialize, Deserialize)]
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
        /// The request's bytes as received (`proof::request::Sent`), base64.
        request: String,
        /// Who the console says the person is. Looked at only where nobody has signed the request.
        vouch: Vouch,
    },
    /// Connector: decide a request as it would be decided now, without recording or signing anything. Answer: `DryRun`.
    DryRun {
        /// The request's bytes, base64, as for `Decide`; its id may have been used.
        request: String,
        /// Who the console says the person is.
        vouch: Vouch,
        /// The site's numbers of the devices that are online, at most [`crate::MOST_ONLINE`].
        online: Vec<ResourceId>,
        /// How the site's throttle would let it through, where it is known.
        forecast: Option<Forecast>,
    },
    /// Connector: may a person read what the site knows of a device? Answer: `MayRead` or `MayNotRead`.
    MayRead {
        /// The device.
        device: DeviceId,
        /// Who the console says the person is.
        vouch: Vouch,
        /// Whether it is the agent's logs that the person wants to read.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        logs: bool,
    },
    /// Connector: believe a person's key, as a token of their sign-in proves it (`proof::KeyBinding`). May wait for the
    /// issuer to answer. Answer: `KeyBound` or `KeyNotBound`.
    BindKey {
        /// The binding's text as received.
        binding: String,
    },
    /// Connector: believe a person's key no more (`proof::Retirement`). Answer: `Done` or `KeyNotBound`.
    RetireKey {
        /// The retirement's text as received.
        retirement: String,
    },
    /// Connector: what a second person says of a request that waits for them (`proof::Approval`). Answer: `Approved` or
    /// `NotApproved`.
    Approve {
        /// The approval's text as received.
        approval: String,
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
    /// Connector: the newest nonce, which people sign with their requests. Asked once a minute while the link is up, and
    /// only then: nonces count the time of the link. Answer: `SiteNonce`.
    SiteNonce,
    /// Connector: a person's program pairs a key. Answer: `Paired` or `NotPaired`.
    Pair {
        /// The message T of docs/protocol/proof.md.
        message: String,
    },
    /// Connector: what the console may know of collections, policies and roles. Answer: `Mirror`.
    Mirror,
    /// Connector: a page of the hashes of the audit behind an entry, made anew, for the console to keep. Answer:
    /// `AuditHashes`.
    AuditHashes {
        /// The entry.
        after: u64,
    },
    /// Connector: a page of the hashes of the console's audit, to be compared with what is kept of it; without one, only
    /// the question what is wanted next. Answer: `Wanted`.
    Witness {
        /// The tenant whose audit it is.
        tenant: TenantId,
        /// The page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<Box<Page>>,
    },
    /// Notifier: authorise again and sign one push of a task to these devices. Answer: `Released`.
    Release {
        /// The action.
        task_guid: TaskGuid,
        /// At most [`crate::PAGE`] devices.
        devices: Vec<DeviceId>,
        /// What has become of the task so far; told where an answer has held devices back for a ring.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        results: Option<Results>,
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
    /// Notifier: the secrets of TLS tickets, of yesterday, today and tomorrow. Answer: `TicketKeys`.
    TicketKeys,
    /// Management point: devices that were taken off the site's list since a generation. Answer: `Removed`.
    Removed {
        /// The generation of the last answer; 0 for all.
        since: u64,
    },
    /// Owner: administration of the site. Answer: `Owner`.
    Owner {
        /// What the owner asks.
        owner: OwnerCall,
    },
}

/// Whom the console vouches for: believed for those whom the site's owner has granted it, and recorded so.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouch {
    /// The person's id at the console (`AADUserID`).
    pub user: action::UserId,
    /// The person's sign-in name.
    pub name: String,
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
