//! The logs of devices' agents that their sites have collected, asked live.

use action::{DeviceId, SiteId, TaskGuid, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// What a site has of the logs of a device's agent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct DeviceLogs {
    /// The device.
    #[schema(schema_with = schema::uuid)]
    pub device: DeviceId,
    /// Its site, which was asked.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// When the site looked.
    #[schema(schema_with = schema::moment)]
    pub as_of: Timestamp,
    /// The site's rule that allowed the reading.
    pub rule: String,
    /// What there is, the newest first; empty where the logs of one action were asked for.
    pub collected: Vec<CollectedLogs>,
    /// Parts of the logs of the action that was asked for, in their order; those of one file follow each other.
    pub parts: Vec<LogPart>,
    /// The `from` of what found no room in the answer; absent where this is the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// The logs that one action has brought.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CollectedLogs {
    /// The action.
    #[schema(schema_with = schema::uuid)]
    pub task_guid: TaskGuid,
    /// When they were read, by the device's clock.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
    /// When the last part came to the site.
    #[schema(schema_with = schema::moment)]
    pub received: Timestamp,
    /// How many parts there are in all.
    pub parts: u32,
    /// How many of them the site has: fewer while they come, and where the oldest made room.
    pub stored: u32,
    /// Their bytes.
    pub bytes: u64,
}

/// A part of the logs of an agent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct LogPart {
    /// Which part it is, from 0.
    pub number: u32,
    /// The file's name on the device.
    pub file: String,
    /// Whole lines of the file, the oldest first. What looked like a secret was taken out on the device.
    pub text: String,
}
