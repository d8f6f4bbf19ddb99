//! Live changes: what `/api/v1/events` sends.

use action::{DeviceId, SiteId, State, TaskGuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Counts, Link, SiteState, schema};

/// Something of the tenant changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// An action, or targets of it.
    Action(ActionChange),
    /// Devices of a site.
    Devices(DevicesChange),
    /// A site, or its link.
    Site(SiteChange),
    /// More happened since the `Last-Event-ID` than is kept: read again what you show.
    Reset,
}

/// A change with its number, which is the event's id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LiveChange {
    /// From where to go on after it: of several that belong together, only the last one's is higher than before.
    pub id: u64,
    /// What changed.
    pub change: Change,
}

/// An action changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ActionChange {
    /// The action.
    #[schema(schema_with = schema::uuid)]
    pub task_guid: TaskGuid,
    /// Its site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// Where it stands.
    #[schema(schema_with = schema::state)]
    pub state: State,
    /// How many targets are in each state.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub counts: Counts,
    /// How many targets are known.
    pub total: u64,
    /// How many of them have ended.
    pub concluded: u64,
}

/// Devices changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct DevicesChange {
    /// Their site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// Which, 100 at most.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub devices: Vec<DeviceId>,
    /// Whether there are more than are named: read the list again.
    pub more: bool,
}

/// A site changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SiteChange {
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// Whether it is attached.
    pub state: SiteState,
    /// Whether its connector is connected.
    pub link: Link,
}
