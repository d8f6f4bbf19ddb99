//! How long a push will take, before it begins and while it runs: a function of its throttle and its size.

use std::time::Duration;

use super::Throttle;

/// Tasks a second that one server pushes and has answered where nothing throttles it: well below what two cores do
/// (`docs/benchmarks`), so that a forecast is rather too long than too short.
pub const UNTHROTTLED_PER_SECOND: u32 = 5_000;

/// How long a device takes to answer, where nothing is known yet: a sync of policy, over a slow link.
pub const ANSWERED_WITHIN: Duration = Duration::from_secs(2);

/// What a forecast supposes of the server and of its devices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Tasks a second that the server manages without a throttle; 1 or more.
    pub unthrottled_per_second: u32,
    /// How long a device takes from the task to its answer: what a window waits for.
    pub answered_within: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { unthrottled_per_second: UNTHROTTLED_PER_SECOND, answered_within: ANSWERED_WITHIN }
    }
}

/// Returns how long it takes until a push to `clients` that are online has been sent to the last of them, where `ahead`
/// tasks of other pushes wait at the same throttle.
///
/// A steady rate and a window are shared with those ahead; a spread is not, each client has its own moment.
pub fn forecast(throttle: Throttle, clients: u64, ahead: u64, pace: Pace) -> Duration {
    if clients == 0 {
        return Duration::ZERO;
    }
    let all = clients.saturating_add(ahead);
    let unthrottled = at_rate(all, pace.unthrottled_per_second.max(1));
    let throttled = match throttle {
        Throttle::None => Duration::ZERO,
        Throttle::Rate(rate) => at_rate(all, rate.get()),
        Throttle::Window(window) => {
            // The last round is sent when the one before it is answered.
            let rounds = all.div_ceil(u64::from(window.get())).saturating_sub(1);
            pace.answered_within.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
        }
        Throttle::Spread(seconds) => Duration::from_secs(seconds.get().into()),
    };
    throttled.max(unthrottled)
}

fn at_rate(tasks: u64, per_second: u32) -> Duration {
    Duration::from_millis(tasks.saturating_mul(1_000) / u64::from(per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_throttle_and_the_size_say_how_long_a_push_takes() {
        for (strategy, param, clients, ahead, seconds) in [
            (0, 0, 100_000, 0, 20),
            (1, 42, 100_000, 0, 2_380),
            (1, 42, 420, 420, 20),
            (1, 1_000_000, 100_000, 0, 20),
            (2, 500, 500, 0, 0),
            (2, 500, 10_000, 0, 38),
            (2, 500, 5_000, 5_000, 38),
            (3, 600, 10, 100_000, 600),
            (3, 1, 100_000, 0, 20),
            (1, 42, 0, 1_000, 0),
        ] {
            let throttle = Throttle::new(strategy, param).expect("a throttle");
            let drain = forecast(throttle, clients, ahead, Pace::default());
            assert_eq!(drain.as_secs(), seconds, "{throttle:?} for {clients} behind {ahead}");
        }
    }
}
