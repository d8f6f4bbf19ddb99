//! The time that deadlines of tasks are held against: the highest signed site time that was seen, counted on by the
//! boot clock. Whoever sets the machine's clock changes nothing.

use std::time::Duration;

use action::Timestamp;

/// The trusted time, and where it came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TrustedTime {
    site: Timestamp,
    /// The boot clock when the site's time was seen.
    seen: Duration,
    boot_id: String,
}

impl TrustedTime {
    /// Begins at a signed moment, seen now.
    pub(crate) fn new(site: Timestamp, boot: Duration, boot_id: &str) -> Self {
        Self { site, seen: boot, boot_id: boot_id.to_owned() }
    }

    /// Returns the time at `boot`, the boot clock's time now.
    pub(crate) fn now(&self, boot: Duration) -> Timestamp {
        self.site.plus(boot.saturating_sub(self.seen))
    }

    /// Takes a verified site time into account. Returns whether time moved on by it.
    pub(crate) fn learn(&mut self, site: Timestamp, boot: Duration) -> bool {
        if site <= self.now(boot) {
            return false;
        }
        self.site = site;
        self.seen = boot;
        true
    }

    /// Reads what [`TrustedTime::store`] wrote. After a restart of the machine the boot clock starts anew, and at least
    /// its time has passed since.
    pub(crate) fn load(text: &str, boot_id: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let site = Timestamp(parts.next()?.parse().ok()?);
        let seen = Duration::from_millis(parts.next()?.parse().ok()?);
        let same_boot = parts.next()? == boot_id;
        Some(Self { site, seen: if same_boot { seen } else { Duration::ZERO }, boot_id: boot_id.to_owned() })
    }

    /// Writes the time for [`TrustedTime::load`].
    pub(crate) fn store(&self) -> String {
        format!("{} {} {}", self.site.0, self.seen.as_millis(), self.boot_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn time_runs_with_the_boot_clock_and_never_back() {
        let mut time = TrustedTime::new(Timestamp(1_000_000), 100 * SECOND, "a");
        assert_eq!(time.now(100 * SECOND), Timestamp(1_000_000));
        assert_eq!(time.now(160 * SECOND), Timestamp(1_060_000));
        assert!(!time.learn(Timestamp(1_050_000), 160 * SECOND), "an older time changes nothing");
        assert_eq!(time.now(160 * SECOND), Timestamp(1_060_000));
        assert!(time.learn(Timestamp(2_000_000), 170 * SECOND));
        assert_eq!(time.now(171 * SECOND), Timestamp(2_001_000));
        assert_eq!(time.now(SECOND), Timestamp(2_000_000), "a clock that went back stops the time");
    }

    #[test]
    fn a_stored_time_goes_on_and_after_a_restart_begins_with_the_boot_clock() {
        let stored = TrustedTime::new(Timestamp(1_000_000), 100 * SECOND, "a").store();
        let time = |boot_id| TrustedTime::load(&stored, boot_id).expect("own text");
        assert_eq!(time("a").now(110 * SECOND), Timestamp(1_010_000));
        assert_eq!(time("b").now(5 * SECOND), Timestamp(1_005_000));
        assert_eq!(TrustedTime::load("nonsense", "a"), None);
        assert_eq!(TrustedTime::load("", "a"), None);
    }
}
