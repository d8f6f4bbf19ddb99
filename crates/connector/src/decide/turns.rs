//! Whose turn it is: which of the undecided notifications are attempted now, and when the next one is due.

use std::{collections::BTreeMap, time::Duration};

use action::TaskGuid;
use service::backoff::Backoff;
use site_store::Notification;
use tokio::time::Instant;

/// The waits after an attempt that came to nothing.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// How often it is asked whether a second person has approved: as long as somebody who has just done so looks at the page.
const APPROVED_YET: Duration = Duration::from_secs(3);

/// The notifications that are being attempted, and those that wait for another attempt.
#[derive(Debug, Default)]
pub(super) struct Turns(BTreeMap<TaskGuid, Turn>);

#[derive(Debug)]
enum Turn {
    Running(Backoff),
    Waiting { backoff: Backoff, until: Instant },
}

/// A notification whose turn it is.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Due {
    pub(super) notification: Notification,
    /// Whether it was attempted before.
    pub(super) again: bool,
}

impl Turns {
    /// Returns those of the undecided notifications that are attempted now, at most `room`. Who waited and is no longer
    /// undecided was cancelled, and is forgotten.
    pub(super) fn take(&mut self, undecided: Vec<Notification>, room: usize, now: Instant) -> Vec<Due> {
        self.0.retain(|task_guid, turn| {
            matches!(turn, Turn::Running(_)) || undecided.iter().any(|one| one.task_guid == *task_guid)
        });
        let mut due = Vec::new();
        for notification in undecided {
            if due.len() == room {
                break;
            }
            let (backoff, again) = match self.0.get(&notification.task_guid) {
                None => (Backoff::new(FIRST_RETRY, LONGEST_RETRY), false),
                Some(Turn::Waiting { backoff, until }) if *until <= now => (backoff.clone(), true),
                Some(Turn::Running(_) | Turn::Waiting { .. }) => continue,
            };
            self.0.insert(notification.task_guid, Turn::Running(backoff));
            due.push(Due { notification, again });
        }
        due
    }

    /// Returns when the next one that waits is due.
    pub(super) fn next(&self) -> Option<Instant> {
        let until = |turn: &Turn| match turn {
            Turn::Running(_) => None,
            Turn::Waiting { until, .. } => Some(*until),
        };
        self.0.values().filter_map(until).min()
    }

    /// It is decided.
    pub(super) fn decided(&mut self, task_guid: TaskGuid) {
        self.0.remove(&task_guid);
    }

    /// It waits for a second person.
    pub(super) fn waits(&mut self, task_guid: TaskGuid, now: Instant) {
        let backoff = Backoff::new(FIRST_RETRY, LONGEST_RETRY);
        self.0.insert(task_guid, Turn::Waiting { backoff, until: now + APPROVED_YET });
    }

    /// It is not decided, and waits; `unit` is a throw of the dice. Returns whether it was the first attempt.
    pub(super) fn later(&mut self, task_guid: TaskGuid, now: Instant, unit: f64) -> bool {
        let mut backoff = match self.0.remove(&task_guid) {
            Some(Turn::Running(backoff) | Turn::Waiting { backoff, .. }) => backoff,
            None => Backoff::new(FIRST_RETRY, LONGEST_RETRY),
        };
        let until = now + backoff.failed(unit);
        let first = backoff.failures() == 1;
        self.0.insert(task_guid, Turn::Waiting { backoff, until });
        first
    }
}

#[cfg(test)]
mod tests {
    use action::{Timestamp, UserId};
    use uuid::Uuid;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_is_attempted_once_at_a_time_and_again_after_its_wait() {
        let (mut turns, now) = (Turns::default(), Instant::now());
        assert_eq!(taken(&mut turns, &[1, 2, 3], 2, now), "1 2");
        assert_eq!(taken(&mut turns, &[1, 2, 3], 2, now), "3");
        assert!(turns.later(guid(1), now, 1.0));
        turns.decided(guid(2));
        assert_eq!(turns.next(), Some(now + FIRST_RETRY));
        assert_eq!(taken(&mut turns, &[1, 3], 8, now), "");
        assert_eq!(taken(&mut turns, &[1, 3], 8, now + FIRST_RETRY), "1 again");
        assert!(!turns.later(guid(1), now, 1.0));
        assert_eq!(turns.next(), Some(now + 2 * FIRST_RETRY));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_cancelled_while_it_waits_is_forgotten() {
        let (mut turns, now) = (Turns::default(), Instant::now());
        assert_eq!(taken(&mut turns, &[1, 2], 8, now), "1 2");
        turns.later(guid(1), now, 1.0);
        assert_eq!(taken(&mut turns, &[2], 8, now), "");
        assert_eq!(turns.next(), None, "nobody wakes for it");
    }

    fn taken(turns: &mut Turns, undecided: &[u8], room: usize, now: Instant) -> String {
        let undecided = undecided.iter().map(|number| notification(*number)).collect();
        let text = |due: Due| {
            let number = due.notification.task_guid.0.as_bytes()[0];
            if due.again { format!("{number} again") } else { number.to_string() }
        };
        turns.take(undecided, room, now).into_iter().map(text).collect::<Vec<_>>().join(" ")
    }

    fn notification(number: u8) -> Notification {
        Notification {
            task_guid: guid(number),
            request: Vec::new(),
            user: UserId(Uuid::nil()),
            user_name: "kim".into(),
            received_at: Timestamp(0),
        }
    }

    fn guid(number: u8) -> TaskGuid {
        TaskGuid(Uuid::from_bytes([number; 16]))
    }
}
