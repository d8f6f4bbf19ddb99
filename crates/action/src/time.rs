//! Moments, and the two clocks of an action.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 with three decimals.
///
/// The range is that of years 1 to 9999; what lies outside is clamped when it is written.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(pub i64);

/// A text that is no RFC 3339 moment.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no RFC 3339 time such as 2026-11-24T18:00:00Z")]
pub struct NotATimestamp {
    text: String,
    source: jiff::Error,
}

impl Timestamp {
    /// Returns the moment `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// Returns the moment `duration` earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// Returns the time from `earlier` to this moment; zero where `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.jiff())
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<jiff::Timestamp>() {
            Ok(moment) => Ok(Self(moment.as_millisecond())),
            Err(source) => Err(NotATimestamp { text: text.chars().take(64).collect(), source }),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The two clocks of an action, both shown at the click.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Clocks {
    /// The action expires for a target whose agent has not received it by then.
    pub deliver_by: Timestamp,
    /// How long a target may take from `received` to its answer, in seconds.
    pub finish_within_seconds: u32,
}

impl Clocks {
    /// How long an action waits for a device by default: a day covers a night and a shift.
    pub const DELIVER_WITHIN: Duration = Duration::from_hours(24);
    /// How long a device may work on an action by default.
    pub const FINISH_WITHIN: Duration = Duration::from_hours(1);
    /// The longest `deliver_by` that is accepted, counted from the request: a request is valid for a day (trust.md 3).
    pub const LONGEST_DELIVERY: Duration = Duration::from_hours(24);

    /// Returns the default clocks for an action asked at `now`.
    pub fn starting(now: Timestamp) -> Self {
        Self { deliver_by: now.plus(Self::DELIVER_WITHIN), finish_within_seconds: 3600 }
    }

    /// Returns when a target that received the action at `received` must have answered.
    pub fn finish_by(self, received: Timestamp) -> Timestamp {
        received.plus(Duration::from_secs(self.finish_within_seconds.into()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_moment_is_written_with_three_decimals() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(1_579_621_423_007).to_string(), "2020-01-21T15:43:43.007Z");
    }

    #[test]
    fn an_absurd_moment_is_clamped_and_hurts_nobody() {
        assert!(Timestamp(i64::MAX).to_string().starts_with("9999-12-30"));
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
        assert_eq!(Timestamp(i64::MAX).plus(Duration::MAX), Timestamp(i64::MAX));
    }

    proptest! {
        #[test]
        fn a_moment_survives_being_written(millis in 0i64..4_000_000_000_000) {
            let moment = Timestamp(millis);
            prop_assert_eq!(moment.to_string().parse::<Timestamp>().expect("own text"), moment);
        }
    }
}
