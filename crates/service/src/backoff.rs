//! How long to wait before trying again: exponential with full jitter, so that a thousand clients that lost the same
//! server do not come back in the same second.

use std::time::Duration;

/// The waits between attempts at one thing.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    attempts: u32,
}

impl Backoff {
    /// Makes waits of up to `first` after the first failure, doubling with each failure up to `most`.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, attempts: 0 }
    }

    /// Counts a failure and returns how long to wait; `unit` is a throw of the dice from 0 to 1 ([`crate::dice::unit`]).
    pub fn failed(&mut self, unit: f64) -> Duration {
        let ceiling = self.ceiling();
        self.attempts = self.attempts.saturating_add(1);
        ceiling.mul_f64(unit.clamp(0.0, 1.0))
    }

    /// Forgets the failures: it worked.
    pub fn worked(&mut self) {
        self.attempts = 0;
    }

    /// Returns how many failures there were since it last worked.
    pub fn failures(&self) -> u32 {
        self.attempts
    }

    fn ceiling(&self) -> Duration {
        2u32.checked_pow(self.attempts)
            .and_then(|factor| self.first.checked_mul(factor))
            .map_or(self.most, |ceiling| ceiling.min(self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);
    const MOST: Duration = Duration::from_secs(60);

    #[test]
    fn the_ceiling_doubles_up_to_its_bound() {
        let mut backoff = Backoff::new(FIRST, MOST);
        let waits: Vec<u64> = (0..8).map(|_| backoff.failed(1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.failures(), 8);
    }

    #[test]
    fn the_dice_choose_anything_below_the_ceiling() {
        let mut backoff = Backoff::new(FIRST, MOST);
        assert_eq!(backoff.failed(0.0), Duration::ZERO);
        assert_eq!(backoff.failed(0.5), Duration::from_secs(1));
        assert_eq!(backoff.failed(7.0), Duration::from_secs(4), "dice that lie are clamped");
    }

    #[test]
    fn success_starts_anew_and_a_long_outage_overflows_nothing() {
        let mut backoff = Backoff::new(FIRST, MOST);
        for _ in 0..100_000 {
            backoff.failed(1.0);
        }
        assert_eq!(backoff.failed(1.0), MOST);
        backoff.worked();
        assert_eq!(backoff.failed(1.0), FIRST);
    }
}
