//! For how long a program's logs say more than usual.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use action::Timestamp;

/// Until when a program's logs have their detailed lines. A clone is the same.
///
/// There is nothing to switch off: each line looks at the clock, so that the logs are as usual again when the time is over,
/// whatever else happens to the program.
#[derive(Clone, Debug, Default)]
pub struct Detailed(Arc<AtomicI64>);

impl Detailed {
    /// Has the logs be detailed until `until`; a moment that is past ends it.
    pub fn until(&self, until: Timestamp) {
        self.0.store(until.0, Ordering::Relaxed);
    }

    /// Returns whether the logs are detailed.
    pub fn holds(&self, now: Timestamp) -> bool {
        now.0 < self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Component, ComponentLog};
    use super::*;

    #[test]
    fn logs_are_detailed_for_a_time_and_then_as_usual() {
        let detailed = Detailed::default();
        assert!(!detailed.holds(Timestamp(1)), "as usual from the start");
        detailed.until(Timestamp(1_000));
        assert!(detailed.holds(Timestamp(999)));
        assert!(!detailed.holds(Timestamp(1_000)));
    }

    #[test]
    fn a_detailed_line_is_written_while_the_logs_are_detailed() {
        let detailed = Detailed::default();
        let (log, lines) = ComponentLog::memory(Component::SCHEDULER);
        let log = log.detailed_by(&detailed);
        log.detail("one");
        detailed.until(Timestamp(i64::MAX));
        log.detail("two");
        log.about(action::TaskGuid(uuid::Uuid::nil())).detail("three");
        detailed.until(Timestamp(0));
        log.detail("four");
        assert_eq!(lines.texts(), ["two", "three"]);
    }
}
