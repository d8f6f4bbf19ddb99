//! How long a throttle takes to let an action through: the one place where that is foretold.

use serde::{Deserialize, Serialize};

/// How the site's throttle would let an action through.
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

impl Pace {
    /// Returns the pace of a throttle by the numbers that settings and logs write: strategy and param.
    pub fn of(strategy: u32, param: u32) -> Option<Self> {
        match strategy {
            0 => Some(Pace::AtOnce),
            1 => Some(Pace::Rate { per_second: param }),
            2 => Some(Pace::Answered),
            3 => Some(Pace::Spread { seconds: param }),
            _ => None,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strategy_is_foretold_as_it_works() {
        for (strategy, param, ahead, devices, seconds) in [
            (0, 0, 1_000, 500, Some(0)),
            (1, 42, 0, 42, Some(1)),
            (1, 42, 0, 43, Some(2)),
            (1, 42, 84, 42, Some(3)),
            (1, 42, 84, 0, Some(0)),
            (1, 0, 0, 5, Some(5)),
            (1, 1, u64::MAX, 5, Some(u64::MAX)),
            (2, 10, 0, 5, None),
            (3, 600, 7, 5, Some(600)),
        ] {
            let pace = Pace::of(strategy, param).expect("a strategy");
            let told = Forecast { ahead, pace }.seconds_for(devices);
            assert_eq!(told, seconds, "{strategy} {param} {ahead} {devices}");
        }
        assert_eq!(Pace::of(4, 1), None);
    }
}
