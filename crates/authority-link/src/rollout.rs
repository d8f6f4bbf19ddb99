//! Rollouts: a push to a collection goes ring by ring.

use serde::{Deserialize, Serialize};

/// How a push to a collection goes: the rings in their order, then everybody else.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutPlan {
    /// The rings, the pilot first.
    pub rings: Vec<Ring>,
    /// The rollout is stopped when more than this share of the devices that got the task has failed.
    pub stop_above_percent: u32,
}

/// A ring, and what must be before the next one opens.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// The collection of its devices; a device belongs to the first ring that holds it.
    pub collection: String,
    /// When the next ring opens.
    pub then: Then,
}

/// When the next ring opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "when", rename_all = "snake_case", deny_unknown_fields)]
pub enum Then {
    /// So long after this one has opened.
    After {
        /// Seconds.
        seconds: u64,
    },
    /// When so many of the devices that got the task have done it.
    Done {
        /// Their share.
        percent: u32,
    },
}

/// What has become of a task so far, as its caller counts it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// Devices that were sent it, whatever became of it.
    pub sent: u64,
    /// Of these, those that have done it.
    pub done: u64,
    /// Of these, those that failed or do not support it.
    pub failed: u64,
}
