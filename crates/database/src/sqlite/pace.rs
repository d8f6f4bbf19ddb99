//! How long a commit takes on this disk.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::Length;

/// From how long on a commit is long: to hand the other tasks of a thread over costs about a tenth of this.
const LONG: Duration = Duration::from_millis(1);
/// The weight of what is already known against one new commit: some commits are needed to change a mind.
const WEIGHT: u64 = 7;

/// The mean of the last commits, each older one weighing less. One that waits long among short ones, for a disk that is
/// busy for once, holds up one thread for once.
#[derive(Debug)]
pub(super) struct Pace {
    nanoseconds: AtomicU64,
}

impl Default for Pace {
    /// Before anything is known a disk is slow.
    fn default() -> Self {
        Self { nanoseconds: AtomicU64::new(nanoseconds(LONG)) }
    }
}

impl Pace {
    /// Returns how long the next commit is expected to take.
    pub(super) fn expected(&self) -> Length {
        let mean = self.nanoseconds.load(Ordering::Relaxed);
        if mean < nanoseconds(LONG) { Length::Short } else { Length::Long }
    }

    /// Takes note of how long a commit took.
    pub(super) fn took(&self, time: Duration) {
        // Commits of one database follow each other; if two notes ever met, one of them would be lost, and no harm done.
        let mean = self.nanoseconds.load(Ordering::Relaxed);
        let next = mean.saturating_mul(WEIGHT).saturating_add(nanoseconds(time)) / (WEIGHT + 1);
        self.nanoseconds.store(next, Ordering::Relaxed);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(commits: &[(u32, u64)], expected: Length) {
        let pace = Pace::default();
        for &(times, microseconds) in commits {
            for _ in 0..times {
                pace.took(Duration::from_micros(microseconds));
            }
        }
        assert_eq!(pace.expected(), expected, "after {commits:?} (times, \u{b5}s)");
    }

    #[test]
    fn the_next_commit_is_expected_to_take_what_the_last_ones_took() {
        check(&[], Length::Long);
        check(&[(1, 200)], Length::Short);
        check(&[(50, 200), (1, 5_000)], Length::Short);
        check(&[(50, 200), (2, 20_000)], Length::Long);
        check(&[(50, 10_000)], Length::Long);
        check(&[(50, 10_000), (10, 200)], Length::Long);
        check(&[(50, 10_000), (30, 200)], Length::Short);
    }

    #[test]
    fn the_longest_time_that_there_is_does_not_overflow() {
        let pace = Pace::default();
        pace.took(Duration::MAX);
        pace.took(Duration::MAX);
        assert_eq!(pace.expected(), Length::Long);
    }
}
