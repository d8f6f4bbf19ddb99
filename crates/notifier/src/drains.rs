//! How pushes drain: what was predicted, how far each is, and how long those took that are through; and what of it is
//! told to the site's store.

use std::{collections::BTreeMap, time::Duration};

use action::{TaskGuid, TaskId};
use site_store::DrainRow;

use crate::throttle::Throttle;

/// Pushes to fewer clients that are expected to be over within [`SHORT`] are not told of: what a person could read of them is
/// over before it is read.
const FEW: u64 = 100;
/// See [`FEW`].
const SHORT: Duration = Duration::from_secs(2);

/// How often it is told how far a push is.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// How one push to the devices that are online drains.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Drain {
    /// The site's number for the action.
    pub(crate) task_id: TaskId,
    /// The action.
    pub(crate) task_guid: TaskGuid,
    /// The throttle that it passes.
    pub(crate) throttle: Throttle,
    /// Clients that were online for it.
    pub(crate) clients: u64,
    /// Clients that it was handed to.
    pub(crate) sent: u64,
    /// Tasks of other pushes that were ahead of it at the same throttle when it was last looked at.
    pub(crate) ahead: u64,
    /// How long it was expected to take, when it began or its throttle was changed.
    pub(crate) predicted: Duration,
    /// How long it has run; how long it took, where it is through.
    pub(crate) elapsed: Duration,
    /// Whether all its clients have it.
    pub(crate) is_through: bool,
}

/// What was told of the pushes that run.
#[derive(Debug, Default)]
pub(crate) struct Told(BTreeMap<TaskGuid, Telling>);

#[derive(Clone, Copy, Debug)]
struct Telling {
    at: Duration,
    predicted: Duration,
}

impl Told {
    /// Returns what is to be told now of the pushes that `run` and of those that are through since this was last asked.
    pub(crate) fn due(&mut self, run: &[Drain], through: &[Drain], now: Duration) -> Vec<Drain> {
        let mut due = Vec::new();
        for drain in run {
            let told = self.0.get(&drain.task_guid);
            let news = told.is_none_or(|told| {
                now.saturating_sub(told.at) >= TELL_EVERY || told.predicted != drain.predicted
            });
            if news && is_worth_telling(drain) {
                self.0.insert(drain.task_guid, Telling { at: now, predicted: drain.predicted });
                due.push(*drain);
            }
        }
        for drain in through {
            // What was told of as running is never left so.
            if self.0.remove(&drain.task_guid).is_some() || is_worth_telling(drain) {
                due.push(*drain);
            }
        }
        self.0.retain(|task_guid, _| run.iter().any(|drain| drain.task_guid == *task_guid));
        due
    }
}

fn is_worth_telling(drain: &Drain) -> bool {
    drain.clients >= FEW || drain.predicted.max(drain.elapsed) >= SHORT
}

impl Drain {
    /// Returns the row of it in the site's store.
    pub(crate) fn row(&self) -> DrainRow {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        DrainRow {
            task_id: self.task_id,
            strategy: self.throttle.strategy(),
            param: self.throttle.param(),
            clients: self.clients,
            sent: self.sent,
            ahead: self.ahead,
            predicted: milliseconds(self.predicted),
            elapsed: milliseconds(self.elapsed),
            through: self.is_through,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(number: u64, clients: u64, predicted: u64) -> Drain {
        Drain {
            task_id: TaskId(number),
            task_guid: TaskGuid(uuid::Uuid::from_u64_pair(1, number)),
            throttle: Throttle::DEFAULT,
            clients,
            sent: 0,
            ahead: 0,
            predicted: Duration::from_secs(predicted),
            elapsed: Duration::ZERO,
            is_through: false,
        }
    }

    fn numbers(due: &[Drain]) -> Vec<u64> {
        due.iter().map(|drain| drain.task_id.0).collect()
    }

    #[test]
    fn a_push_is_told_of_when_it_begins_every_while_and_at_its_end() {
        let at = Duration::from_secs;
        let (long, wide, small) = (drain(1, 50, 60), drain(2, 10_000, 1), drain(3, 1, 0));
        let mut told = Told::default();
        let run = [long, wide, small];
        assert_eq!(numbers(&told.due(&run, &[], at(0))), [1, 2], "a small one is over before it is read");
        assert_eq!(numbers(&told.due(&run, &[], at(4))), [0; 0]);
        assert_eq!(numbers(&told.due(&run, &[], at(5))), [1, 2]);
        let slower = Drain { predicted: at(120), ..long };
        assert_eq!(numbers(&told.due(&[slower, wide], &[small], at(6))), [1], "its throttle was changed");
        assert_eq!(numbers(&told.due(&[slower], &[wide], at(7))), [2]);
        assert_eq!(numbers(&told.due(&[], &[slower], at(8))), [1]);
        assert!(told.0.is_empty(), "{told:?}");
    }

    #[test]
    fn what_was_told_of_is_told_of_at_its_end_however_short_it_was() {
        let mut told = Told::default();
        told.due(&[drain(1, 5, 30)], &[], Duration::ZERO);
        let end = Drain { predicted: Duration::ZERO, is_through: true, ..drain(1, 5, 0) };
        assert_eq!(told.due(&[], &[end], Duration::from_secs(1)), [end]);
    }
}
