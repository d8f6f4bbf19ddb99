//! What a site knows of one device, asked live.

use action::{DeviceId, SiteId, State, TaskGuid, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Kind, schema};

/// What a site knows of a device.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct DeviceDetails {
    /// The device.
    #[schema(schema_with = schema::uuid)]
    pub device: DeviceId,
    /// Its site, which was asked.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// When the site looked.
    #[schema(schema_with = schema::moment)]
    pub as_of: Timestamp,
    /// Whether that is now. Where it is not, the site's connector is away, and this is what the site last told this
    /// person.
    pub live: bool,
    /// The site's rule that allowed the reading.
    pub rule: String,
    /// What the client is.
    pub client: ClientDetails,
    /// The site's collections that hold it.
    pub collections: Vec<DeviceCollection>,
    /// Its last report of compliance with its policies, as the device wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub compliance: Option<serde_json::Value>,
    /// What the site has on its way to it or has lately ended, the newest first.
    pub tasks: Vec<DeviceTask>,
}

/// What the client of a device is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ClientDetails {
    /// The site's number for it.
    pub resource_id: u64,
    /// Its newest enrolment.
    #[schema(value_type = uuid::Uuid)]
    pub enrolment: action::EnrolmentId,
    /// When it enrolled first.
    #[schema(schema_with = schema::moment)]
    pub enrolled: Timestamp,
    /// When it last said what it is.
    #[schema(schema_with = schema::moment)]
    pub discovered: Timestamp,
    /// Whether it is connected.
    pub online: bool,
    /// When that last changed.
    #[schema(schema_with = schema::moment)]
    pub online_changed: Timestamp,
    /// The notification server that it is connected to, or was last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_server: Option<String>,
    /// The agent's version.
    pub client_version: String,
    /// A hash of the machine's id; the same for clones of one image.
    pub hardware: String,
}

/// A collection that holds a device.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct DeviceCollection {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A task of a device, as its site knows it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct DeviceTask {
    /// The action.
    #[schema(schema_with = schema::uuid)]
    pub task_guid: TaskGuid,
    /// What it does.
    pub kind: Kind,
    /// Where it stands for the device.
    #[schema(schema_with = schema::state)]
    pub state: State,
    /// When that last changed.
    #[schema(schema_with = schema::moment)]
    pub changed: Timestamp,
}

/// An upload of a site's devices has been asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SyncBegun {
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// When.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
}
