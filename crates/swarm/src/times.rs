//! How long things took, counted in buckets that grow with what they hold: any number of times in a few KiB.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Buckets of each doubling: a percentile is exact within 3 %.
const STEPS: u64 = 32;
/// From a microsecond to more than an hour.
const BUCKETS: usize = 1_024;

/// Times, counted.
#[derive(Debug)]
pub(crate) struct Times {
    buckets: Box<[AtomicU64]>,
    longest: AtomicU64,
}

/// How long things took.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Percentiles {
    /// How many there were.
    pub count: u64,
    /// Half of them took at most so long.
    pub p50: Duration,
    /// 95 of a hundred took at most so long.
    pub p95: Duration,
    /// 99 of a hundred took at most so long.
    pub p99: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), longest: AtomicU64::new(0) }
    }
}

impl Times {
    /// Counts a time.
    pub(crate) fn add(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(bucket_of(micros)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.longest.fetch_max(micros, Ordering::Relaxed);
    }

    /// Returns the percentiles of what was counted.
    pub(crate) fn percentiles(&self) -> Percentiles {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let count: u64 = counts.iter().sum();
        let longest = self.longest.load(Ordering::Relaxed);
        let percentile = |percent: u64| {
            let wanted = (count * percent).div_ceil(100).max(1);
            let mut seen = 0;
            let at = counts.iter().position(|bucket| {
                seen += bucket;
                seen >= wanted
            });
            Duration::from_micros(at.map_or(0, end_of).min(longest))
        };
        Percentiles {
            count,
            p50: percentile(50),
            p95: percentile(95),
            p99: percentile(99),
            longest: Duration::from_micros(longest),
        }
    }
}

fn bucket_of(micros: u64) -> usize {
    let doublings = u64::from(micros.max(STEPS).ilog2() - STEPS.ilog2());
    let bucket = doublings * STEPS + (micros >> doublings);
    usize::try_from(bucket).unwrap_or(usize::MAX).min(BUCKETS - 1)
}

/// Returns the longest time, in microseconds, that a bucket counts.
fn end_of(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(u64::MAX);
    if bucket < 2 * STEPS {
        return bucket;
    }
    let doublings = bucket / STEPS - 1;
    ((bucket - doublings * STEPS + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_three_percent() {
        let times = Times::default();
        for micros in 1..=100_000 {
            times.add(Duration::from_micros(micros));
        }
        let percentiles = times.percentiles();
        for (measured, expected) in
            [(percentiles.p50, 50_000), (percentiles.p95, 95_000), (percentiles.p99, 99_000)]
        {
            let micros = u64::try_from(measured.as_micros()).expect("small");
            assert!(micros >= expected && micros <= expected * 103 / 100, "{micros} for {expected}");
        }
        assert_eq!((percentiles.count, percentiles.longest), (100_000, Duration::from_millis(100)));
    }

    #[test]
    fn buckets_hold_what_they_end_with() {
        for micros in (0..5_000).chain([1 << 20, 3_600_000_000]) {
            let bucket = bucket_of(micros);
            assert!(end_of(bucket) >= micros && (bucket == 0 || end_of(bucket - 1) < micros), "{micros}");
        }
        assert_eq!(Times::default().percentiles(), Percentiles::default());
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }
}
