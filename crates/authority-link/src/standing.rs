//! Devices and where they stand, as the site's owner is told.

use action::{DeviceId, ResourceId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a device stands with its site.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is admitted.
    Active,
    /// It waits for the owner's approval and has no certificate.
    Pending,
    /// There are two of it, and nobody can say which is the right one.
    Held,
    /// Its certificate is refused.
    Revoked,
    /// It was taken out of service; its record is kept.
    Retired,
    /// It is forgotten: its key may enrol anew.
    Deleted,
}

impl Standing {
    /// Returns whether the device is refused.
    pub fn is_refused(self) -> bool {
        self != Standing::Active
    }

    /// Returns whether the device is taken off the site's list of devices.
    pub fn is_removed(self) -> bool {
        matches!(self, Standing::Revoked | Standing::Retired | Standing::Deleted)
    }

    /// Returns the word for people.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Active => "active",
            Standing::Pending => "waits for approval",
            Standing::Held => "held: there are two of it",
            Standing::Revoked => "revoked",
            Standing::Retired => "retired",
            Standing::Deleted => "deleted",
        }
    }
}

/// A device of the site.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct DeviceEntry {
    /// The device.
    pub device: DeviceId,
    /// The site's number for it.
    pub resource: ResourceId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub standing: Standing,
    /// When it enrolled.
    pub enrolled_at: Timestamp,
    /// Another device that says that it is the same machine.
    pub same_hardware_as: Option<DeviceId>,
}

/// An entry of the audit, as it is chained.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its number.
    pub number: u64,
    /// The entry, the JSON text that its hash covers.
    pub entry: String,
    /// Random, so that the entry's own hash gives nothing away; empty for entries of earlier versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// Its hash, hexadecimal.
    pub hash: String,
}

/// What the site keeps of the audit of a tenant at its console.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Witnessed {
    /// The tenant.
    pub tenant: TenantId,
    /// The number of the last entry whose hash is kept.
    pub number: u64,
    /// The hash of the chain up to it, hexadecimal.
    pub hash: String,
    /// When it was last compared with what the console has, since the authority was started.
    pub checked: Option<Timestamp>,
    /// What is wrong with it, where something is.
    pub broken: Option<String>,
}
