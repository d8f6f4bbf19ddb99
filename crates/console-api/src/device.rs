//! Devices, as their sites last reported them.

use action::{DeviceId, SiteId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// A device.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Device {
    /// The device.
    #[schema(schema_with = schema::uuid)]
    pub id: DeviceId,
    /// Its site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// The site's number for it.
    pub resource_id: u64,
    /// Its name.
    pub name: String,
    /// Its operating system.
    pub os: String,
    /// The operating system's version.
    pub os_version: String,
    /// The processor's architecture.
    pub architecture: String,
    /// The agent's version.
    pub client_version: String,
    /// Whether it is connected to its site, as of `online_changed` and of what the site last said.
    pub online: bool,
    /// When `online` last changed.
    #[schema(schema_with = schema::moment)]
    pub online_changed: Timestamp,
    /// When it enrolled.
    #[schema(schema_with = schema::moment)]
    pub enrolled: Timestamp,
    /// How far it complies with its policies; absent where it has not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compliance: Option<Compliance>,
}

/// How far a device complies with its policies.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Compliance {
    /// Resources in their desired state.
    pub compliant: u32,
    /// Resources in all.
    pub total: u32,
    /// When the device said so.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
}
