//! Which role may make which call.

use crate::{Call, Role};

impl Role {
    /// All roles.
    pub const ALL: [Role; 4] = [Role::Connector, Role::Notifier, Role::ManagementPoint, Role::Owner];

    /// Returns the role's name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Connector => "connector",
            Role::Notifier => "notifier",
            Role::ManagementPoint => "management_point",
            Role::Owner => "owner",
        }
    }
}

impl Call {
    /// Returns the call's name, as on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Call::Introduce { .. } => "introduce",
            Call::Decide { .. } => "decide",
            Call::DryRun { .. } => "dry_run",
            Call::MayRead { .. } => "may_read",
            Call::BindKey { .. } => "bind_key",
            Call::RetireKey { .. } => "retire_key",
            Call::Approve { .. } => "approve",
            Call::Targets { .. } => "targets",
            Call::SiteNonce => "site_nonce",
            Call::Pair { .. } => "pair",
            Call::Mirror => "mirror",
            Call::AuditHashes { .. } => "audit_hashes",
            Call::Witness { .. } => "witness",
            Call::Release { .. } => "release",
            Call::SiteTime => "site_time",
            Call::Enrol { .. } => "enrol",
            Call::Renew { .. } => "renew",
            Call::Manifest { .. } => "manifest",
            Call::Document { .. } => "document",
            Call::PutFacts { .. } => "put_facts",
            Call::ServerCertificate { .. } => "server_certificate",
            Call::TrustDocument => "trust_document",
            Call::Revocations { .. } => "revocations",
            Call::TicketKeys => "ticket_keys",
            Call::Removed { .. } => "removed",
            Call::Owner { .. } => "owner",
        }
    }

    /// Returns the roles that may make the call.
    pub fn callers(&self) -> &'static [Role] {
        match self {
            Call::Introduce { .. } | Call::TrustDocument => &Role::ALL,
            Call::Decide { .. }
            | Call::DryRun { .. }
            | Call::MayRead { .. }
            | Call::BindKey { .. }
            | Call::RetireKey { .. }
            | Call::Approve { .. }
            | Call::Targets { .. }
            | Call::SiteNonce
            | Call::Pair { .. }
            | Call::Mirror
            | Call::AuditHashes { .. }
            | Call::Witness { .. } => &[Role::Connector],
            Call::Release { .. } | Call::TicketKeys => &[Role::Notifier],
            // The management point answers the time of the site as well.
            Call::SiteTime | Call::ServerCertificate { .. } | Call::Revocations { .. } => {
                &[Role::Notifier, Role::ManagementPoint]
            }
            Call::Enrol { .. }
            | Call::Renew { .. }
            | Call::Manifest { .. }
            | Call::Document { .. }
            | Call::PutFacts { .. }
            | Call::Removed { .. } => &[Role::ManagementPoint],
            Call::Owner { .. } => &[Role::Owner],
        }
    }
}

impl crate::Facts {
    pub(crate) fn texts(&self) -> [&str; 6] {
        [&self.name, &self.os, &self.os_version, &self.architecture, &self.client_version, &self.hardware]
    }
}
