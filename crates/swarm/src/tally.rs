//! What the devices did, counted.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
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
    /// Enrolments that were given up, connections that could not be opened or broke, sign-ins and tasks that were
    /// refused.
    pub failed: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    enrolled: AtomicU64,
    online: AtomicU64,
    tasks: AtomicU64,
    failed: AtomicU64,
    first: OnceLock<String>,
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

    pub(crate) fn task(&self) {
        self.tasks.fetch_add(1, Ordering::Relaxed);
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
            failed: read(&self.failed),
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
