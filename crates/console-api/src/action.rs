//! Device actions: asked for, shown, cancelled.

use std::collections::BTreeMap;

use action::{BatchId, DeviceId, OfflinePolicy, SiteId, State, TaskGuid, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AuditReceipt, HistoryEntry, Kind, TargetState, Why, schema};

/// Asks for a device action.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAction {
    /// What to do.
    pub kind: Kind,
    /// With what.
    pub target: NewTarget,
    /// `TaskParam`, where the kind takes one; 4 KiB at most.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub param: String,
    /// The action expires for a target that has not received it by then; a day from now where absent, which is also
    /// the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub deliver_by: Option<Timestamp>,
    /// How long a target may take from receipt to answer; 3600 where absent, 86400 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 86400)]
    pub finish_within_seconds: Option<u32>,
    /// What happens to targets that are offline; the kind's own way where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::offline, required = false)]
    pub offline: Option<OfflinePolicy>,
    /// The action's id, where the asker makes it; possible only where all targets are at one site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::uuid, required = false)]
    pub task_guid: Option<TaskGuid>,
}

/// What an action is aimed at.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewTarget {
    /// One device.
    Device {
        /// The device.
        #[schema(schema_with = schema::uuid)]
        device: DeviceId,
    },
    /// Some devices; where they are at several sites, each site gets an action of its own.
    Devices {
        /// The devices, 1000 at most.
        #[schema(value_type = Vec<uuid::Uuid>, min_items = 1, max_items = 1000)]
        devices: Vec<DeviceId>,
    },
    /// A collection of a site, as it is when the site decides.
    Collection {
        /// The site.
        #[schema(schema_with = schema::uuid)]
        site: SiteId,
        /// The collection's id, such as `SMS00001`.
        collection: String,
        /// The site refuses the action if the collection holds more devices than this; a tenth (and at least 10) above
        /// the count that the console knows where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u64>,
    },
}

/// What was stored: an action for each site.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Asked {
    /// Joins the actions where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::uuid, required = false)]
    pub batch_id: Option<BatchId>,
    /// The actions.
    pub actions: Vec<Action>,
    /// The last entry of the console's audit about them; absent where the request repeats an earlier one. Whoever keeps it
    /// can show later that the audit was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<AuditReceipt>,
}

/// Who asked for an action.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Asker {
    /// The person.
    #[schema(schema_with = schema::uuid)]
    pub id: UserId,
    /// The person's sign-in name.
    pub name: String,
}

/// How many targets are in each state; states without targets are absent.
pub type Counts = BTreeMap<String, u64>;

/// A device action.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Action {
    /// The action's id, in every log line and answer about it.
    #[schema(schema_with = schema::uuid)]
    pub task_guid: TaskGuid,
    /// Joins the actions that one click made on several sites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::uuid, required = false)]
    pub batch_id: Option<BatchId>,
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// The site's name.
    pub site_name: String,
    /// What to do.
    pub kind: Kind,
    /// What to do, in English.
    pub title: String,
    /// `TaskParam`.
    pub param: String,
    /// With what.
    pub target: ActionTarget,
    /// Who asked.
    pub asked_by: Asker,
    /// When.
    #[schema(schema_with = schema::moment)]
    pub asked_at: Timestamp,
    /// How the site can know the person: `signed with the person's key`, or `vouched by the console`.
    pub proof: String,
    /// A target that has not received it by then expires.
    #[schema(schema_with = schema::moment)]
    pub deliver_by: Timestamp,
    /// Seconds from a target's receipt to its answer.
    pub finish_within_seconds: u32,
    /// What happens to targets that are offline.
    #[schema(schema_with = schema::offline)]
    pub offline: OfflinePolicy,
    /// Where it stands: the least advanced open target; once all have ended, `done` if all are, else the first of
    /// `failed`, `not_supported`, `refused`, `expired`, `cancelled` that any has.
    #[schema(schema_with = schema::state)]
    pub state: State,
    /// Why it stopped, or what it waits for; of one target, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// How many targets are in each state.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub counts: Counts,
    /// How many targets are known.
    pub total: u64,
    /// How many of them have ended.
    pub concluded: u64,
    /// When anything of it last changed.
    #[schema(schema_with = schema::moment)]
    pub changed: Timestamp,
    /// Set where the site has the action, not all targets have ended, and the site's connector is away: what happens
    /// there is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Unknown>,
    /// Set where the site joined the action to an identical one that was waiting already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::uuid, required = false)]
    pub coalesced: Option<TaskGuid>,
    /// The targets, the first page of them; only where one action is shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetState>,
    /// What the hops said, the first page of it; only where one action is shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<HistoryEntry>,
}

/// What an action is aimed at.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ActionTarget {
    /// Devices, by id.
    Devices {
        /// How many.
        count: u64,
    },
    /// A collection of the site.
    Collection {
        /// The collection's id.
        collection: String,
        /// Its name, as the console knows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The most devices that it may hold.
        at_most: u64,
    },
}

/// The console does not know how the action goes on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Unknown {
    /// The site's connector is away since then; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub connector_away_since: Option<Timestamp>,
}

/// What became of a withdrawal.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct CancelledAction {
    /// Whether it ended at once: the site had not been told of it. Else the site is asked to cancel it.
    pub ended: bool,
    /// The action.
    pub action: Action,
}
