//! How pushes drain: what was predicted, how far each is, and how long those took that are through.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use action::TaskGuid;

use crate::throttle::Throttle;

/// Pushes that are through and remembered: a day of a busy site.
const MOST_FINISHED: usize = 256;

/// How one push to the devices that are online drains.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Drain {
    /// The action.
    pub task_guid: TaskGuid,
    /// The throttle that it passes.
    pub throttle: Throttle,
    /// Clients that were online for it.
    pub clients: u64,
    /// Clients that it was handed to.
    pub sent: u64,
    /// Tasks of other pushes that were ahead of it at the same throttle when it was last looked at.
    pub ahead: u64,
    /// How long it was expected to take, when it began or its throttle was changed.
    pub predicted: Duration,
    /// How long it has run; how long it took, where it is through.
    pub elapsed: Duration,
    /// Whether all its clients have it.
    pub is_through: bool,
}

/// How pushes drain. Clones share it: whoever starts the server keeps one to read from.
#[derive(Clone, Debug, Default)]
pub struct Drains(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    running: Vec<Drain>,
    finished: VecDeque<Drain>,
}

impl Drains {
    /// Returns the pushes that run, then those that are through, newest first.
    pub fn all(&self) -> Vec<Drain> {
        let known = self.known();
        known.running.iter().chain(known.finished.iter().rev()).copied().collect()
    }

    /// Returns how the push of an action drains: the one that runs, or else the last that is through.
    pub fn of(&self, task_guid: TaskGuid) -> Option<Drain> {
        self.all().into_iter().find(|drain| drain.task_guid == task_guid)
    }

    /// Takes what the dispatch knows now.
    pub(crate) fn take(&self, running: Vec<Drain>, finished: impl IntoIterator<Item = Drain>) {
        let mut known = self.known();
        known.running = running;
        for drain in finished {
            if known.finished.len() == MOST_FINISHED {
                known.finished.pop_front();
            }
            known.finished.push_back(drain);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_are_through_are_remembered_to_a_bound() {
        let drains = Drains::default();
        drains.take(vec![drain(9_999)], (0..300).map(drain));
        let all = drains.all();
        assert_eq!(all.len(), 1 + MOST_FINISHED);
        assert_eq!(all[0], drain(9_999));
        assert_eq!((all[1], all[MOST_FINISHED]), (drain(299), drain(44)));
        assert_eq!(drains.of(drain(299).task_guid), Some(drain(299)));
        assert_eq!(drains.of(drain(1).task_guid), None);
    }

    fn drain(number: u64) -> Drain {
        Drain {
            task_guid: TaskGuid(uuid::Uuid::from_u64_pair(1, number)),
            throttle: Throttle::DEFAULT,
            clients: number,
            sent: 0,
            ahead: 0,
            predicted: Duration::ZERO,
            elapsed: Duration::ZERO,
            is_through: false,
        }
    }
}
