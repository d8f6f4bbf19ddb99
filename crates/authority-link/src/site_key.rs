//! The site's keys, as its owner sees and replaces them.

use action::Timestamp;
use serde::{Deserialize, Serialize};

/// One of the site's keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKey {
    /// Signs pushes and the site's time.
    Task,
    /// Signs manifests.
    Policy,
    /// Issues certificates.
    Ca,
    /// Signs the trust document.
    Root,
}

impl SiteKey {
    /// All of them.
    pub const ALL: [SiteKey; 4] = [SiteKey::Task, SiteKey::Policy, SiteKey::Ca, SiteKey::Root];

    /// Returns the word for people.
    pub fn name(self) -> &'static str {
        match self {
            SiteKey::Task => "task key",
            SiteKey::Policy => "policy key",
            SiteKey::Ca => "CA",
            SiteKey::Root => "root key",
        }
    }
}

/// A key that devices believe.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct SiteKeyEntry {
    /// Which key it is.
    pub key: SiteKey,
    /// The SHA-256 of its public half, hexadecimal.
    pub sha256: String,
    /// Until when it is believed, where it was replaced.
    pub until: Option<Timestamp>,
}
