//! How long something took, counted in classes.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The upper bounds of the classes, with how they are written, in seconds: from a commit on a fast disk to the day that
/// an action may wait for its device.
const CLASSES: [(Duration, &str); 16] = [
    (Duration::from_millis(1), "0.001"),
    (Duration::from_micros(2_500), "0.0025"),
    (Duration::from_millis(5), "0.005"),
    (Duration::from_millis(10), "0.01"),
    (Duration::from_millis(25), "0.025"),
    (Duration::from_millis(50), "0.05"),
    (Duration::from_millis(100), "0.1"),
    (Duration::from_millis(250), "0.25"),
    (Duration::from_millis(500), "0.5"),
    (Duration::from_secs(1), "1"),
    (Duration::from_secs(5), "5"),
    (Duration::from_secs(30), "30"),
    (Duration::from_secs(300), "300"),
    (Duration::from_hours(1), "3600"),
    (Duration::from_hours(6), "21600"),
    (Duration::from_hours(24), "86400"),
];

/// How often something took how long. A clone counts into the same.
#[derive(Clone, Debug, Default)]
pub struct Histogram(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Of each class by itself; the last one is for all that took longer.
    classes: [AtomicU64; CLASSES.len() + 1],
    microseconds: AtomicU64,
}

impl Histogram {
    /// Counts something that took `duration`.
    pub fn observe(&self, duration: Duration) {
        let class = CLASSES.iter().position(|(bound, _)| duration <= *bound).unwrap_or(CLASSES.len());
        if let Some(count) = self.0.classes.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.0.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// Returns how often something was counted.
    pub fn count(&self) -> u64 {
        self.0.classes.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Writes the series of one set of labels; `labels` has its braces, or is empty.
    pub(super) fn write(&self, text: &mut String, name: &str, labels: &str) {
        let inner = labels.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let before = inner.map(|inner| format!("{inner},")).unwrap_or_default();
        let mut total = 0;
        let bounds = CLASSES.iter().map(|(_, written)| *written).chain(["+Inf"]);
        for (bound, count) in bounds.zip(&self.0.classes) {
            total += count.load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}_bucket{{{before}le=\"{bound}\"}} {total}");
        }
        let sum = Duration::from_micros(self.0.microseconds.load(Ordering::Relaxed));
        let _ = writeln!(text, "{name}_sum{labels} {}", sum.as_secs_f64());
        let _ = writeln!(text, "{name}_count{labels} {total}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_written_as_they_are_bounded_and_grow() {
        for (bound, written) in CLASSES {
            let seconds: f64 = written.parse().expect("a number");
            assert_eq!(Duration::from_secs_f64(seconds), bound);
        }
        assert!(CLASSES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn each_duration_is_in_its_class_and_in_those_above() {
        let check = |duration: Duration, below: &str, at: &str| {
            let histogram = Histogram::default();
            histogram.observe(duration);
            let mut text = String::new();
            histogram.write(&mut text, "h", "{hop=\"agent\"}");
            let has = |bound: &str, count: u64| {
                text.contains(&format!("h_bucket{{hop=\"agent\",le=\"{bound}\"}} {count}\n"))
            };
            assert!(below.is_empty() || has(below, 0), "{text}");
            assert!(has(at, 1) && has("+Inf", 1), "{text}");
            assert!(text.ends_with("h_count{hop=\"agent\"} 1\n"), "{text}");
        };
        check(Duration::ZERO, "", "0.001");
        check(Duration::from_millis(1), "", "0.001");
        check(Duration::from_micros(1_001), "0.001", "0.0025");
        check(Duration::from_secs(86_400), "21600", "86400");
        check(Duration::from_secs(86_401), "86400", "+Inf");
    }
}
