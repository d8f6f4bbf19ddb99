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
    /// Whether it is connected to its site. While the site's connector is away nobody knows, and this is false: see
    /// `status`.
    pub online: bool,
    /// Whether it is connected to its site, or whether that is not known.
    #[serde(default)]
    pub status: OnlineStatus,
    /// When the site last said that it came or went.
    #[schema(schema_with = schema::moment)]
    pub online_changed: Timestamp,
    /// The last proof of life that the console has heard of. While `status` is `online`, the device is alive now.
    #[serde(default)]
    pub last_seen: LastSeen,
    /// Where `status` is `unknown`: since when the site's connector is away. What is shown is of that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub unknown_since: Option<Timestamp>,
    /// The site's number of the change that is shown; it only grows.
    #[serde(default)]
    pub generation: u64,
    /// Who uses it, as it last said; may be empty, as all that it says of itself.
    #[serde(default)]
    pub user: String,
    /// The machine's serial number.
    #[serde(default)]
    pub serial: String,
    /// Its network addresses.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// What its owner marked it with.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it enrolled.
    #[schema(schema_with = schema::moment)]
    pub enrolled: Timestamp,
    /// How far it complies with its policies; absent where it has not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compliance: Option<Compliance>,
}

/// Whether a device is connected to its site.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlineStatus {
    /// It is.
    Online,
    /// It is not.
    Offline,
    /// The site's connector is away.
    #[default]
    Unknown,
}

/// A proof of life of a device.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct LastSeen {
    /// When.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
    /// Which hop saw it.
    pub by: SeenBy,
}

impl Default for LastSeen {
    fn default() -> Self {
        Self { at: Timestamp(0), by: SeenBy::NotificationServer }
    }
}

/// A hop that sees devices.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeenBy {
    /// The notification server: the device connected or went.
    NotificationServer,
    /// The management point: the device said what it is.
    ManagementPoint,
}

/// How many devices there are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct DeviceCount {
    /// How many, up to 10,000.
    pub count: u64,
    /// Whether there are more than `count`.
    pub more: bool,
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
