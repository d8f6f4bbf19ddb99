//! How many tasks to have released ahead of sending them.

use std::time::Duration;

use authority_link::PAGE;

use crate::throttle::Throttle;

/// A release is asked for so long before its tasks may go: it is valid for 15 minutes, and what is asked for late is
/// authorised late.
pub(super) const AHEAD: Duration = Duration::from_secs(300);

/// How much of a steady rate is kept released: the authority's answer takes a moment.
const KEPT: Duration = Duration::from_secs(2);

/// The smallest page of a window: one answer is not to cost one release.
const LEAST_OF_WINDOW: usize = 100;

/// Returns how many devices to have released now, where so many are: as many as may be sent while the release is young.
pub(super) fn page(throttle: Throttle, released: usize) -> usize {
    let (most, enough) = match throttle {
        Throttle::Rate(rate) => (within(rate.get(), AHEAD), within(rate.get(), KEPT)),
        Throttle::Window(window) => {
            let window = usize::try_from(window.get()).unwrap_or(PAGE);
            (window.saturating_mul(2).max(LEAST_OF_WINDOW), window)
        }
        Throttle::Spread(_) | Throttle::None => return PAGE,
    };
    if released > 0 && released >= enough { 0 } else { most.clamp(1, PAGE) }
}

fn within(rate: u32, time: Duration) -> usize {
    usize::try_from(u64::from(rate).saturating_mul(time.as_secs())).unwrap_or(PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_released_as_will_soon_be_sent() {
        for (strategy, param, released, expected) in [
            (0, 0, 50_000, PAGE),
            (3, 60, 50_000, PAGE),
            (1, 1, 0, 300),
            (1, 1, 1, 300),
            (1, 1, 2, 0),
            (1, 42, 83, PAGE),
            (1, 42, 84, 0),
            (2, 10, 0, 100),
            (2, 10, 10, 0),
            (2, 500, 499, 1_000),
        ] {
            let throttle = Throttle::new(strategy, param).expect("a throttle");
            assert_eq!(page(throttle, released), expected, "{throttle:?} with {released}");
        }
    }
}
