//! Deciding without doing: what would become of a request, asked before it is made.

use action::{DeviceId, Reason, Timestamp};
use serde::{Deserialize, Serialize};

/// How the site's throttle would let an action through. The caller knows it; the authority only counts with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// How many tasks would go before.
    pub ahead: u64,
    /// How fast they go.
    pub pace: Pace,
}

/// How fast tasks are sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pace {
    /// All of them now.
    AtOnce,
    /// At a steady rate.
    Rate {
        /// Devices in each second.
        per_second: u32,
    },
    /// Each at a random moment of a time.
    Spread {
        /// Its length.
        seconds: u32,
    },
    /// As fast as they are answered, which nobody knows ahead.
    Answered,
}

impl Forecast {
    /// Returns after how many seconds the last of `devices` would be sent; `None` where nobody can know.
    pub fn seconds_for(&self, devices: u64) -> Option<u64> {
        if devices == 0 {
            return Some(0);
        }
        match self.pace {
            Pace::AtOnce => Some(0),
            Pace::Rate { per_second } => {
                Some(self.ahead.saturating_add(devices).div_ceil(u64::from(per_second.max(1))))
            }
            Pace::Spread { seconds } => Some(seconds.into()),
            Pace::Answered => None,
        }
    }
}

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
