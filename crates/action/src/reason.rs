//! Why an action stopped or waits: one closed list, each entry with the fix in plain words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Hop, Timestamp};

/// Why an action stopped, or what it waits for. Written in stores and on wires as `why` with its members.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the message of each reason is its documentation")]
pub enum Reason {
    CloudPermissionMissing {
        permission: String,
    },
    ProofMissing,
    ProofExpired,
    ProofLevelTooLow {
        needed: String,
    },
    KeyUnknown {
        key: String,
    },
    SignedTooEarly {
        nonces: u32,
    },
    RequestReplayed,
    VouchedTooOften {
        per_hour: u32,
    },
    PairingRefused {
        what: String,
    },
    SiteNotAttached,
    ConnectorAway {
        since: Option<Timestamp>,
    },
    RequestNotValid {
        what: String,
    },
    SignatureNotValid {
        what: String,
    },
    UserUnknownToSite {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discovers: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grantor: Option<String>,
    },
    RoleLacksPermission {
        permission: String,
        role: Option<String>,
        grantor: Option<String>,
    },
    DeviceOutsideCollections {
        collections: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grantor: Option<String>,
    },
    DeviceUnknown,
    DeviceRevoked,
    DeviceOffline {
        until: Option<Timestamp>,
    },
    Throttled {
        ahead: u64,
    },
    TargetRenamed {
        signed: String,
        actual: String,
    },
    CollectionGrew {
        at_most: u64,
        actual: u64,
    },
    CollectionChanged {
        signed: u64,
        actual: u64,
    },
    ApprovalMissing,
    ApprovalRefused {
        who: String,
    },
    ApprovalNotValid {
        what: String,
    },
    SiteRestored,
    SiteHalted,
    RingWaits {
        ring: u32,
        of: u32,
        until: String,
    },
    RolloutStopped {
        failed: u64,
        of: u64,
        limit: u32,
    },
    TypeUnknownToAgent,
    RefusedByAgent {
        what: String,
    },
    AgentFailed {
        code: i32,
        detail: String,
    },
    NotDeliveredInTime,
    FinishedTooLate,
    CancelledBy {
        who: String,
    },
}

impl Reason {
    /// Returns the reason's name, as stores and wires write it: for counters.
    pub fn name(&self) -> &'static str {
        match self {
            Reason::CloudPermissionMissing { .. } => "cloud_permission_missing",
            Reason::ProofMissing => "proof_missing",
            Reason::ProofExpired => "proof_expired",
            Reason::ProofLevelTooLow { .. } => "proof_level_too_low",
            Reason::KeyUnknown { .. } => "key_unknown",
            Reason::SignedTooEarly { .. } => "signed_too_early",
            Reason::RequestReplayed => "request_replayed",
            Reason::VouchedTooOften { .. } => "vouched_too_often",
            Reason::PairingRefused { .. } => "pairing_refused",
            Reason::SiteNotAttached => "site_not_attached",
            Reason::ConnectorAway { .. } => "connector_away",
            Reason::RequestNotValid { .. } => "request_not_valid",
            Reason::SignatureNotValid { .. } => "signature_not_valid",
            Reason::UserUnknownToSite { .. } => "user_unknown_to_site",
            Reason::RoleLacksPermission { .. } => "role_lacks_permission",
            Reason::DeviceOutsideCollections { .. } => "device_outside_collections",
            Reason::DeviceUnknown => "device_unknown",
            Reason::DeviceRevoked => "device_revoked",
            Reason::DeviceOffline { .. } => "device_offline",
            Reason::Throttled { .. } => "throttled",
            Reason::TargetRenamed { .. } => "target_renamed",
            Reason::CollectionGrew { .. } => "collection_grew",
            Reason::CollectionChanged { .. } => "collection_changed",
            Reason::ApprovalMissing => "approval_missing",
            Reason::ApprovalRefused { .. } => "approval_refused",
            Reason::ApprovalNotValid { .. } => "approval_not_valid",
            Reason::SiteRestored => "site_restored",
            Reason::SiteHalted => "site_halted",
            Reason::RingWaits { .. } => "ring_waits",
            Reason::RolloutStopped { .. } => "rollout_stopped",
            Reason::TypeUnknownToAgent => "type_unknown_to_agent",
            Reason::RefusedByAgent { .. } => "refused_by_agent",
            Reason::AgentFailed { .. } => "agent_failed",
            Reason::NotDeliveredInTime => "not_delivered_in_time",
            Reason::FinishedTooLate => "finished_too_late",
            Reason::CancelledBy { .. } => "cancelled_by",
        }
    }

    /// Returns the hop that speaks this reason.
    pub fn hop(&self) -> Hop {
        match self {
            Reason::CloudPermissionMissing { .. }
            | Reason::SiteNotAttached
            | Reason::ConnectorAway { .. } => Hop::AdminCenter,
            Reason::RequestNotValid { .. } => Hop::ServiceConnector,
            Reason::ProofMissing
            | Reason::ProofExpired
            | Reason::ProofLevelTooLow { .. }
            | Reason::SignatureNotValid { .. }
            | Reason::KeyUnknown { .. }
            | Reason::SignedTooEarly { .. }
            | Reason::RequestReplayed
            | Reason::VouchedTooOften { .. }
            | Reason::PairingRefused { .. }
            | Reason::CollectionChanged { .. }
            | Reason::UserUnknownToSite { .. }
            | Reason::RoleLacksPermission { .. }
            | Reason::DeviceOutsideCollections { .. }
            | Reason::DeviceUnknown
            | Reason::DeviceRevoked
            | Reason::TargetRenamed { .. }
            | Reason::CollectionGrew { .. }
            | Reason::ApprovalMissing
            | Reason::ApprovalRefused { .. }
            | Reason::ApprovalNotValid { .. }
            | Reason::SiteRestored
            | Reason::SiteHalted
            | Reason::RingWaits { .. }
            | Reason::RolloutStopped { .. } => Hop::Authority,
            Reason::DeviceOffline { .. }
            | Reason::Throttled { .. }
            | Reason::NotDeliveredInTime
            | Reason::FinishedTooLate
            | Reason::CancelledBy { .. } => Hop::NotificationServer,
            Reason::TypeUnknownToAgent | Reason::RefusedByAgent { .. } | Reason::AgentFailed { .. } => {
                Hop::Agent
            }
        }
    }

    /// Returns what the reader can do about it, in plain words.
    pub fn fix(&self) -> &'static str {
        match self {
            Reason::CloudPermissionMissing { .. } => {
                "Ask an administrator of the tenant for a role that holds this permission."
            }
            Reason::ProofMissing => {
                "Ask with a key that the site knows (`tenon pair`), or have the site's owner let the console vouch for you: \
                 `tenon site vouch add`."
            }
            Reason::ProofExpired => {
                "Pair anew with the site (`tenon site pair`, then `tenon pair`), then ask again."
            }
            Reason::KeyUnknown { .. } => {
                "Pair with the site: `tenon site pair` at the site, then `tenon pair CODE` here."
            }
            Reason::SignedTooEarly { .. } => {
                "Ask again: a request must reach the site soon after it was signed."
            }
            Reason::RequestReplayed => "Ask again: each request has an id of its own.",
            Reason::VouchedTooOften { .. } => {
                "Wait, ask with a key of your own (`tenon pair`), or have the site's owner grant more: `tenon site vouch add`."
            }
            Reason::PairingRefused { .. } => "Have the site's owner print a new code: `tenon site pair`.",
            Reason::ProofLevelTooLow { .. } => {
                "Ask from the command line, or have the request approved at the site."
            }
            Reason::SiteNotAttached => "Attach the site: `tenon site attach` at the site.",
            Reason::ConnectorAway { .. } => {
                "The action waits. Look at the site's service connector: is it running, and can it reach the console?"
            }
            Reason::RequestNotValid { .. } => "Correct the named member of the request and ask again.",
            Reason::SignatureNotValid { .. } => {
                "Sign in again, then ask again; if it stays, pair anew with the site."
            }
            Reason::UserUnknownToSite { .. } => {
                "Have the site's administrator make this person known: `tenon role assign`."
            }
            Reason::RoleLacksPermission { .. } => {
                "Have the site's administrator grant a role with this permission: `tenon role assign`."
            }
            Reason::DeviceOutsideCollections { .. } => {
                "Have the site's administrator assign a collection that holds the device."
            }
            Reason::DeviceUnknown => {
                "Look the device up again: it was removed from the site, or never enrolled."
            }
            Reason::DeviceRevoked => {
                "Nothing, if that was meant; otherwise let the device in again: `tenon join-token create --device`."
            }
            Reason::DeviceOffline { .. } => {
                "Nothing, if the device comes back in time; it is pushed when it does."
            }
            Reason::Throttled { .. } => {
                "Nothing: it is pushed when its turn comes. The site's owner sets the throttle."
            }
            Reason::TargetRenamed { .. } => "Check that this is the device you meant, then ask again.",
            Reason::CollectionGrew { .. } => "Look at the collection again, then ask with its present size.",
            Reason::CollectionChanged { .. } => "Look at the collection again, then ask anew.",
            Reason::ApprovalMissing => {
                "Have a second person approve the request: `tenon approve`, or `tenon site approve` at the site."
            }
            Reason::ApprovalRefused { .. } => "Ask that person why; then ask anew, or leave it.",
            Reason::ApprovalNotValid { .. } => {
                "Have a second person, who may do the same, approve it with a native key of their own before it ends."
            }
            Reason::SiteRestored => "The site was restored from a backup: ask again.",
            Reason::SiteHalted => {
                "The site's owner stopped all releases: ask again after `tenon site resume`."
            }
            Reason::RingWaits { .. } => {
                "Nothing: the devices of this ring follow when the ring before has done well."
            }
            Reason::RolloutStopped { .. } => {
                "Look at the devices that failed, mend the cause, then ask again."
            }
            Reason::TypeUnknownToAgent => "Update the agent on the device, or use an action that it knows.",
            Reason::RefusedByAgent { .. } => {
                "Read the agent's log on the device; the agent trusts only its site."
            }
            Reason::AgentFailed { .. } => "Read the detail, and the agent's log on the device.",
            Reason::NotDeliveredInTime => "Ask again when the device is online, or allow more time.",
            Reason::FinishedTooLate => "Look at the device: the work takes longer than the action allows.",
            Reason::CancelledBy { .. } => "Nothing: a person cancelled it.",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::CloudPermissionMissing { permission } => {
                write!(f, "your role at the console lacks the permission `{permission}`")
            }
            Reason::ProofMissing => f.write_str("the request carries no proof of the person"),
            Reason::ProofExpired => f.write_str("the proof of the person has expired"),
            Reason::ProofLevelTooLow { needed } => write!(f, "the request needs the level `{needed}`"),
            Reason::KeyUnknown { key } => write!(f, "the site knows no key `{key}`"),
            Reason::SignedTooEarly { nonces } => {
                write!(
                    f,
                    "the request was signed more than {nonces} minutes of the site's link before it came"
                )
            }
            Reason::RequestReplayed => f.write_str("the request's id was used by another request"),
            Reason::VouchedTooOften { per_hour } => {
                write!(f, "the console vouched more often than the {per_hour} times an hour that are granted")
            }
            Reason::PairingRefused { what } => write!(f, "the key was not paired: {what}"),
            Reason::SiteNotAttached => f.write_str("the site is not attached"),
            Reason::ConnectorAway { since: Some(since) } => {
                write!(f, "the site's connector is away since {since}")
            }
            Reason::ConnectorAway { since: None } => f.write_str("the site's connector has never connected"),
            Reason::RequestNotValid { what } => write!(f, "the request is not valid: {what}"),
            Reason::SignatureNotValid { what } => write!(f, "the signature is not valid: {what}"),
            Reason::UserUnknownToSite { discovers, grantor } => {
                f.write_str("the site does not know this person")?;
                if !discovers.is_empty() {
                    let pairs = discovers.join(" or ");
                    write!(f, "; it takes in whoever signs in with the claim {pairs}")?;
                }
                granted_by(f, "a role", grantor.as_deref())
            }
            Reason::RoleLacksPermission { permission, role, grantor } => {
                write!(f, "the site's rules give this person no role with the permission `{permission}`")?;
                if let Some(role) = role {
                    write!(f, "; role held: {role}")?;
                }
                granted_by(f, "it", grantor.as_deref())
            }
            Reason::DeviceOutsideCollections { collections, scopes, grantor } => {
                write!(f, "the device is outside the collections of the role ({}", collections.join(", "))?;
                if !scopes.is_empty() {
                    write!(f, "; limited to the scopes: {}", scopes.join(", "))?;
                }
                f.write_str(")")?;
                granted_by(f, "a collection that holds it", grantor.as_deref())
            }
            Reason::DeviceUnknown => f.write_str("the site does not know this device"),
            Reason::DeviceRevoked => f.write_str(
                "the site refuses this device: it was revoked, is held, or was taken out of service",
            ),
            Reason::DeviceOffline { until: Some(until) } => {
                write!(f, "the device is offline; queued until {until}")
            }
            Reason::DeviceOffline { until: None } => f.write_str("the device is offline"),
            Reason::Throttled { ahead } => write!(f, "throttled, {ahead} ahead"),
            Reason::TargetRenamed { signed, actual } => {
                write!(
                    f,
                    "the target was named `{signed}` in the request, and the site knows it as `{actual}`"
                )
            }
            Reason::CollectionGrew { at_most, actual } => {
                write!(f, "the collection grew to {actual} devices, past the {at_most} of the request")
            }
            Reason::CollectionChanged { signed, actual } => write!(
                f,
                "the collection's rule was changed: the request is for version {signed}, and the site has version {actual}"
            ),
            Reason::ApprovalMissing => f.write_str("the approval of a second person is missing"),
            Reason::ApprovalRefused { who } => write!(f, "{who} refused to approve it"),
            Reason::ApprovalNotValid { what } => write!(f, "the approval is not valid: {what}"),
            Reason::SiteRestored => f.write_str("the site was restored after this request was made"),
            Reason::SiteHalted => f.write_str("the site's owner has halted all releases"),
            Reason::RingWaits { ring, of, until } => {
                write!(f, "the device is in ring {ring} of {of}, which opens {until}")
            }
            Reason::RolloutStopped { failed, of, limit } => write!(
                f,
                "the rollout was stopped: {failed} of {of} devices failed, where at most {limit} % may"
            ),
            Reason::TypeUnknownToAgent => f.write_str("the agent does not know this type of action"),
            Reason::RefusedByAgent { what } => write!(f, "the agent refused the task: {what}"),
            Reason::AgentFailed { code, detail } => write!(f, "the agent failed with code {code}: {detail}"),
            Reason::NotDeliveredInTime => f.write_str("the device did not receive it in time"),
            Reason::FinishedTooLate => f.write_str("the device did not finish in time"),
            Reason::CancelledBy { who } => write!(f, "cancelled by {who}"),
        }
    }
}

fn granted_by(f: &mut fmt::Formatter<'_>, what: &str, grantor: Option<&str>) -> fmt::Result {
    match grantor {
        Some(grantor) => write!(f, "; {what} can be granted by {grantor}"),
        None => Ok(()),
    }
}
