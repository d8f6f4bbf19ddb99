//! The history of an action: what each hop reports of it.

use serde::{Deserialize, Serialize};

use crate::{DeviceId, Event, Hop, TaskGuid, Timestamp};

/// One event of an action. Each hop writes its own into the store of its side; the connector reports them upward.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The action.
    pub task_guid: TaskGuid,
    /// The target that it concerns; `None` where it concerns all of them.
    pub device: Option<DeviceId>,
    /// The hop that reports it.
    pub hop: Hop,
    /// When it happened, by that hop's clock.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
