//! What the devices see of each push: how many got it, and how long the whole of it took.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use action::PushId;

/// Pushes that are remembered, the newest: a report is read by a person.
const REMEMBERED: usize = 64;

/// A push, as the devices of this process saw it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PushSeen {
    /// Its number.
    pub push_id: PushId,
    /// Devices that got a task of it.
    pub tasks: u64,
    /// Answers that the server said are stored.
    pub confirmed: u64,
    /// From the first task that came to the last.
    pub sent_within: Duration,
    /// From the first task that came to the last answer that is stored.
    pub confirmed_within: Duration,
}

/// The pushes that were seen.
#[derive(Debug, Default)]
pub(crate) struct Pushes(Mutex<BTreeMap<PushId, Seen>>);

#[derive(Debug)]
struct Seen {
    first: Duration,
    last_task: Duration,
    last_confirmed: Duration,
    tasks: u64,
    confirmed: u64,
}

impl Pushes {
    /// A task of a push came.
    pub(crate) fn came(&self, push_id: PushId, now: Duration) {
        let mut pushes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = pushes.entry(push_id).or_insert(Seen {
            first: now,
            last_task: now,
            last_confirmed: now,
            tasks: 0,
            confirmed: 0,
        });
        seen.tasks += 1;
        seen.last_task = seen.last_task.max(now);
        if pushes.len() > REMEMBERED {
            pushes.pop_first();
        }
    }

    /// The answer to a task of a push is stored.
    pub(crate) fn confirmed(&self, push_id: PushId, now: Duration) {
        let mut pushes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = pushes.get_mut(&push_id) {
            seen.confirmed += 1;
            seen.last_confirmed = seen.last_confirmed.max(now);
        }
    }

    /// Returns the pushes, oldest first.
    pub(crate) fn all(&self) -> Vec<PushSeen> {
        let pushes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = |(push_id, seen): (&PushId, &Seen)| PushSeen {
            push_id: *push_id,
            tasks: seen.tasks,
            confirmed: seen.confirmed,
            sent_within: seen.last_task.saturating_sub(seen.first),
            confirmed_within: seen.last_confirmed.saturating_sub(seen.first),
        };
        pushes.iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_lasts_from_its_first_task_to_its_last_stored_answer() {
        let pushes = Pushes::default();
        let at = Duration::from_secs;
        pushes.came(PushId(7), at(10));
        pushes.came(PushId(7), at(12));
        pushes.confirmed(PushId(7), at(13));
        pushes.confirmed(PushId(8), at(99));
        let seen = PushSeen {
            push_id: PushId(7),
            tasks: 2,
            confirmed: 1,
            sent_within: at(2),
            confirmed_within: at(3),
        };
        assert_eq!(pushes.all(), [seen]);
    }

    #[test]
    fn only_the_newest_are_remembered() {
        let pushes = Pushes::default();
        (0..1_000).for_each(|number| pushes.came(PushId(number), Duration::ZERO));
        assert_eq!(pushes.all().len(), REMEMBERED);
        assert_eq!(pushes.all().last().map(|push| push.push_id), Some(PushId(999)));
    }
}
