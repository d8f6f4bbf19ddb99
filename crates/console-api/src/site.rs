//! Sites and their attachment.

use std::fmt;

use action::{SiteId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// Whether a site belongs to this console.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteState {
    /// It is attached.
    Attached,
    /// The attachment has ended; kept for the history of its actions.
    Offboarded,
}

/// Whether the site's connector is connected.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Link {
    /// Whether it is.
    pub up: bool,
    /// Since when; absent where it has never connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub since: Option<Timestamp>,
}

/// A site of the tenant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Site {
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Whether it is attached.
    pub state: SiteState,
    /// Whether its connector is connected.
    pub link: Link,
    /// When it was attached.
    #[schema(schema_with = schema::moment)]
    pub attached: Timestamp,
    /// Whether its owner has halted all releases: nothing reaches any device until that ends.
    #[serde(default)]
    pub halted: bool,
    /// How many devices it has.
    pub devices: u64,
    /// How many of them are online, as far as the console knows.
    pub online: u64,
    /// The fingerprint of its link key: SHA-256, hexadecimal.
    pub key_sha256: String,
}

/// A code with which one site attaches itself, once: `tenon site attach --console URL --code CODE`.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct AttachCode {
    /// The code, shown this once.
    pub code: String,
    /// When it ends.
    #[schema(schema_with = schema::moment)]
    pub expires: Timestamp,
}

impl fmt::Debug for AttachCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachCode").field("expires", &self.expires).finish_non_exhaustive()
    }
}
