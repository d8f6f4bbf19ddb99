//! The level of the logs: detailed for a time, and then as usual by itself.

use std::time::Duration;

use action::Timestamp;
use device_channel::ReturnCode;
use serde::Deserialize;
use service::clock;

use super::{Order, Report};
use crate::{
    desk::Outcome,
    schedule::{Ended, Work},
};

/// How long logs are detailed where nobody says it.
const USUAL_MINUTES: u32 = 60;
/// How long they can be: a day. Longer, it is no search for a cause any more, and rotation loses what matters.
const MOST_MINUTES: u32 = 24 * 60;

/// What a task asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    level: Level,
    minutes: Option<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Usual,
    Detailed,
}

pub(super) fn run(order: &Order) -> Report {
    let now = clock::now();
    let mut detailed = None;
    let mut answers = Vec::with_capacity(order.asked.len());
    // In the order in which they came: the last word stands.
    for (task, _, param) in &order.asked {
        let outcome = match until(param, now) {
            Ok(until) => {
                detailed = Some(until);
                let told = match until > now {
                    true => format!("The logs are detailed until {}", order.log.moment(until)),
                    false => "The logs are as usual".to_owned(),
                };
                order.log.log.about(*task).info(told);
                Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well }
            }
            Err(why) => Outcome { code: ReturnCode::FAILED, detail: why, ended: Ended::Well },
        };
        answers.push((*task, outcome));
    }
    let whole = Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well };
    Report { answers, detailed, ..Report::new(Work::LogLevel, whole) }
}

/// Returns until when a task wants the logs to be detailed; now where it wants them as usual.
fn until(param: &str, now: Timestamp) -> Result<Timestamp, String> {
    let fix = "the parameter is `{\"level\": \"detailed\", \"minutes\": 60}` or `{\"level\": \"usual\"}`";
    let Wanted { level, minutes } = serde_json::from_str(param).map_err(|error| format!("{error}: {fix}"))?;
    let minutes = minutes.unwrap_or(USUAL_MINUTES);
    match level {
        Level::Usual => Ok(now),
        Level::Detailed if minutes == 0 || minutes > MOST_MINUTES => {
            Err(format!("{minutes} minutes are not between 1 and {MOST_MINUTES}"))
        }
        Level::Detailed => Ok(now.plus(Duration::from_secs(60 * u64::from(minutes)))),
    }
}

/// Returns a moment that was kept, no later than any that can have been asked for: a clock that was set back in the meantime
/// would make it last.
pub(crate) fn bounded(kept: Timestamp, now: Timestamp) -> Timestamp {
    kept.min(now.plus(Duration::from_secs(60 * u64::from(MOST_MINUTES))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_level_is_for_a_time() {
        let check = |param: &str, minutes: i64| {
            assert_eq!(until(param, NOW), Ok(Timestamp(NOW.0 + minutes * 60_000)), "{param}");
        };
        check(r#"{"level": "detailed"}"#, 60);
        check(r#"{"level": "detailed", "minutes": 1}"#, 1);
        check(r#"{"level": "detailed", "minutes": 1440}"#, 1440);
        check(r#"{"level": "usual"}"#, 0);
        check(r#"{"level": "usual", "minutes": 7}"#, 0);
    }

    #[test]
    fn what_is_no_level_is_refused_with_what_is_one() {
        for param in ["", "detailed", "{}", r#"{"level": "loud"}"#, r#"{"level": "usual", "colour": 1}"#] {
            let why = until(param, NOW).expect_err(param);
            assert!(why.contains(r#"{"level": "usual"}"#), "{why}");
        }
        for minutes in [0, 1441, 9999] {
            let param = format!(r#"{{"level": "detailed", "minutes": {minutes}}}"#);
            assert!(until(&param, NOW).expect_err("out of bounds").contains("between 1 and 1440"));
        }
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_it_last() {
        let day = 24 * 60 * 60_000;
        assert_eq!(bounded(Timestamp(NOW.0 + 5), NOW), Timestamp(NOW.0 + 5));
        assert_eq!(bounded(Timestamp(NOW.0 + 900 * day), NOW), Timestamp(NOW.0 + day));
    }
}
