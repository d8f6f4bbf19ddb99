//! How fast connections are opened: a whole fleet that dials at once meets full backlogs, and measures those.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Gives out moments, each at least an interval after the one before.
#[derive(Debug)]
pub(crate) struct Pace {
    every: Duration,
    next: Mutex<Duration>,
}

impl Pace {
    /// Makes a pace of so many each second, one at least.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { every: Duration::from_secs(1) / per_second.max(1), next: Mutex::new(Duration::ZERO) }
    }

    /// Takes the next free moment; returns how long to wait for it.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = now.max(*next);
        *next = at + self.every;
        at - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(77);

    #[test]
    fn the_first_goes_at_once_and_the_others_queue() {
        let pace = Pace::new(4);
        let waits: Vec<u128> = (0..4).map(|_| pace.wait(NOW).as_millis()).collect();
        assert_eq!(waits, [0, 250, 500, 750]);
        assert_eq!(pace.wait(NOW + Duration::from_millis(900)).as_millis(), 100);
    }

    #[test]
    fn moments_that_nobody_took_are_not_saved_up() {
        let pace = Pace::new(10);
        assert_eq!(pace.wait(NOW), Duration::ZERO);
        let later = NOW + Duration::from_secs(60);
        assert_eq!(pace.wait(later), Duration::ZERO);
        assert_eq!(pace.wait(later), Duration::from_millis(100));
    }

    #[test]
    fn none_a_second_is_one() {
        let pace = Pace::new(0);
        assert_eq!((pace.wait(NOW), pace.wait(NOW)), (Duration::ZERO, Duration::from_secs(1)));
    }
}
