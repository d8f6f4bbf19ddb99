//! Deciding without doing: what would become of a request, asked before it is made.

use action::{DeviceId, Reason, Timestamp};
use serde::{Deserialize, Serialize};

/// What would become of a request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct DryRun {
    /// The rule that would allow it; none where it would be refused as a whole.
    pub rule: Option<String>,
    /// Why it would be refused as a whole.
    pub reason: Option<Reason>,
    /// How many devices it would be for.
    pub count: u64,
    /// How many of them are online, by what the caller said.
    pub online: u64,
    /// Devices that it would not be for, each with its reason.
    pub refused: Vec<(DeviceId, Reason)>,
    /// What it would wait for beside its devices and the throttle: a halt.
    pub waits: Option<Reason>,
    /// When the last device that is online now would be sent its task, where that can be known.
    pub sent_by: Option<Timestamp>,
    /// When the last answer can come: an action has ended by then, whatever happens.
    pub ends_by: Timestamp,
}
