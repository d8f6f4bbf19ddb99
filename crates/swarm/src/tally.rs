//! What the devices did, counted.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    pushes::{PushSeen, Pushes},
    times::{Percentiles, Times},
};

/// How the devices stand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Devices that the site admitted.
    pub enrolled: u64,
    /// Devices that are signed in now.
    pub online: u64,
    /// Tasks that were answered with success; one that is pushed again counts once.
    pub tasks: u64,
    /// Tasks that were answered with a simulated failure.
    pub failing: u64,
    /// Tasks that came again, and were answered again.
    pub repeated: u64,
    /// Answers that the server said are stored.
    pub confirmed: u64,
    /// Connections that signed in.
    pub connections: u64,
    /// Of these, those that resumed a session.
    pub resumed: u64,
    /// What strange devices did, and connections that ended because of it.
    pub strange: u64,
    /// Enrolments that were given up, connections that could not be opened or broke, sign-ins and tasks that were
    /// refused.
    pub failed: u64,
}

/// What the devices did, and how long it took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// How they stand.
    pub counts: Counts,
    /// From the first byte of a connection to the confirmation of its sign-in.
    pub sign_in: Percentiles,
    /// From an answer to the server's word that it is stored.
    pub confirmation: Percentiles,
    /// The newest pushes.
    pub pushes: Vec<PushSeen>,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    enrolled: AtomicU64,
    online: AtomicU64,
    tasks: AtomicU64,
    failing: AtomicU64,
    repeated: AtomicU64,
    confirmed: AtomicU64,
    connections: AtomicU64,
    resumed: AtomicU64,
    strange: AtomicU64,
    failed: AtomicU64,
    first: OnceLock<String>,
    sign_in: Times,
    confirmation: Times,
    pub(crate) pushes: Pushes,
}

/// A device that is online until this is dropped.
#[derive(Debug)]
pub(crate) struct Presence<'a>(&'a AtomicU64);

impl Tally {
    pub(crate) fn enrolled(&self) {
        self.enrolled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn online(&self) -> Presence<'_> {
        self.online.fetch_add(1, Ordering::Relaxed);
        Presence(&self.online)
    }

    pub(crate) fn signed_in(&self, took: Duration, resumed: bool) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.resumed.fetch_add(resumed.into(), Ordering::Relaxed);
        self.sign_in.add(took);
    }

    pub(crate) fn task(&self, fails: bool) {
        let counter = if fails { &self.failing } else { &self.tasks };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn repeated(&self) {
        self.repeated.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn confirmed(&self, after: Duration) {
        self.confirmed.fetch_add(1, Ordering::Relaxed);
        self.confirmation.add(after);
    }

    pub(crate) fn strange(&self) {
        self.strange.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a failure; what it was is asked only of the first.
    pub(crate) fn failed(&self, what: impl FnOnce() -> String) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.first.get_or_init(what);
    }

    pub(crate) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            enrolled: read(&self.enrolled),
            online: read(&self.online),
            tasks: read(&self.tasks),
            failing: read(&self.failing),
            repeated: read(&self.repeated),
            confirmed: read(&self.confirmed),
            connections: read(&self.connections),
            resumed: read(&self.resumed),
            strange: read(&self.strange),
            failed: read(&self.failed),
        }
    }

    pub(crate) fn report(&self) -> Report {
        Report {
            counts: self.counts(),
            sign_in: self.sign_in.percentiles(),
            confirmation: self.confirmation.percentiles(),
            pushes: self.pushes.all(),
        }
    }

    pub(crate) fn first_failure(&self) -> Option<String> {
        self.first.get().cloned()
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_online_while_it_is_there() {
        let tally = Tally::default();
        let one = tally.online();
        let other = tally.online();
        assert_eq!(tally.counts().online, 2);
        drop(one);
        assert_eq!(tally.counts(), Counts { online: 1, ..Counts::default() });
        drop(other);
        assert_eq!(tally.counts(), Counts::default());
    }

    #[test]
    fn the_first_failure_is_kept() {
        let tally = Tally::default();
        assert_eq!(tally.first_failure(), None);
        tally.failed(|| "first".to_owned());
        tally.failed(|| "second".to_owned());
        assert_eq!(tally.counts().failed, 2);
        assert_eq!(tally.first_failure().as_deref(), Some("first"));
    }
}
