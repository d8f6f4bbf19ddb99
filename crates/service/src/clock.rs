//! The one place that reads the clocks. Programs read them in their shells and hand the time on as an argument.

use std::time::Duration;

use action::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// Returns the wall clock's time.
#[expect(clippy::disallowed_methods, reason = "this is the place that the rule names")]
pub fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

/// Returns the day of the week, from 0 for Monday, and the minute of the day, in this machine's own time zone.
#[expect(clippy::disallowed_methods, reason = "this is the place that the rule names")]
pub fn local_minute() -> (usize, u16) {
    let local = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::system());
    let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
    let of_day = i32::from(local.hour()) * 60 + i32::from(local.minute());
    (day, u16::try_from(of_day).unwrap_or(0))
}

/// Returns the time since this machine started, sleep included. It never jumps, and starts anew with the machine.
pub fn boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_run() {
        assert!(now() > Timestamp(1_700_000_000_000), "the wall clock is after 2023");
        let (day, minute) = local_minute();
        assert!(day < 7 && minute < 24 * 60);
        let before = boot();
        assert!(before > Duration::ZERO);
        assert!(boot() >= before);
    }
}
