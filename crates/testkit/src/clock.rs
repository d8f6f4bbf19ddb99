//! A wall clock that stands still until a test moves it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use action::Timestamp;

/// A clock. Clones show the same time.
#[derive(Clone, Debug)]
pub struct MovingClock(Arc<AtomicI64>);

impl MovingClock {
    /// Starts at a moment that tests share: 2026-01-01T00:00:00Z.
    pub const START: Timestamp = Timestamp(1_767_225_600_000);

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    /// Moves the clock forward; returns the new time.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let now = self.now().plus(by);
        self.0.store(now.0, Ordering::SeqCst);
        now
    }
}

impl Default for MovingClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(Self::START.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_stands_until_it_is_moved() {
        let clock = MovingClock::default();
        let other = clock.clone();
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(90));
        assert_eq!(other.now().to_string(), "2026-01-01T00:01:30.000Z");
    }
}
