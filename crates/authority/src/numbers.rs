//! Numbers that only grow and are never reused, not even after the database was restored: TaskIDs, PushIDs, ResourceIDs.
//!
//! They are reserved in blocks, in a file beside the keys. A start skips what is left of the last block: gaps are normal.
//! The file also marks how far the store had come, so that a store that was put back is noticed.

use action::{PushId, ResourceId, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::folder::{Folder, FolderError};

/// How many numbers are reserved with one write: a write for each thousandth push, and few numbers lost at a restart.
const BLOCK: u64 = 1000;

/// How many entries of the audit pass between two marks: a write for each hundredth decision.
const MARKED_EVERY: u64 = 100;

/// How many numbers are skipped where the file itself may have been put back: more than a site uses in a year between
/// two backups (a release every half minute).
pub(crate) const SKIPPED: u64 = 1 << 20;

const FILE: &str = "numbers.json";

/// The counters.
#[derive(Debug)]
pub(crate) struct Numbers {
    folder: Folder,
    reserved: Reserved,
    next: Reserved,
}

/// What is on disk: below these, a number may have been used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Reserved {
    epoch: u64,
    task: u64,
    push: u64,
    resource: u64,
    /// The store holds at least this entry of the audit, unless it was put back.
    audit: u64,
    /// When the site was last restored.
    restored_at: Option<Timestamp>,
}

/// From where each counter starts; the seed's examples begin above it.
const FIRST: Reserved =
    Reserved { epoch: 1, task: 1, push: 1, resource: 16_777_217, audit: 0, restored_at: None };

impl Numbers {
    /// Reads the counters, or starts them.
    pub(crate) fn load_or_make(folder: &Folder) -> Result<Self, FolderError> {
        let reserved = match folder.read(FILE)? {
            Some(content) => serde_json::from_slice(&content)
                .map_err(|_| FolderError::Content { path: folder.path(FILE), expected: "the counters" })?,
            None => FIRST,
        };
        Ok(Self { folder: folder.clone(), reserved, next: reserved })
    }

    /// Returns the site's epoch.
    pub(crate) fn epoch(&self) -> u64 {
        self.reserved.epoch
    }

    /// Returns when the site was last restored.
    pub(crate) fn restored_at(&self) -> Option<Timestamp> {
        self.reserved.restored_at
    }

    /// Takes the next TaskID.
    pub(crate) fn task(&mut self) -> Result<TaskId, FolderError> {
        self.reserve(|numbers| &mut numbers.task).map(TaskId)
    }

    /// Takes the next PushID.
    pub(crate) fn push(&mut self) -> Result<PushId, FolderError> {
        self.reserve(|numbers| &mut numbers.push).map(PushId)
    }

    /// Takes the next ResourceID.
    pub(crate) fn resource(&mut self) -> Result<ResourceId, FolderError> {
        self.reserve(|numbers| &mut numbers.resource).map(ResourceId)
    }

    /// Returns whether a store whose audit ends at `last` is older than one that was there before.
    pub(crate) fn is_behind(&self, last: u64) -> bool {
        last < self.reserved.audit
    }

    /// Marks how far the audit has come: exactly where `at_once`, else now and then.
    pub(crate) fn mark(&mut self, last: u64, at_once: bool) -> Result<(), FolderError> {
        let due =
            if at_once { last != self.reserved.audit } else { last >= self.reserved.audit + MARKED_EVERY };
        if due { self.write(Reserved { audit: last, ..self.reserved }) } else { Ok(()) }
    }

    /// Begins a new epoch, because the store was put back: what was signed before is no longer believed, and no number
    /// that may have been used since is used again.
    pub(crate) fn restore(&mut self, now: Timestamp, last: u64) -> Result<(), FolderError> {
        let old = self.reserved;
        let reserved = Reserved {
            epoch: old.epoch + 1,
            task: old.task + SKIPPED,
            push: old.push + SKIPPED,
            resource: old.resource + SKIPPED,
            audit: last,
            restored_at: Some(now),
        };
        self.write(reserved)?;
        self.next = reserved;
        Ok(())
    }

    fn reserve(&mut self, counter: impl Fn(&mut Reserved) -> &mut u64) -> Result<u64, FolderError> {
        let number = *counter(&mut self.next);
        if number >= *counter(&mut self.reserved) {
            let mut reserved = self.reserved;
            *counter(&mut reserved) = number + BLOCK;
            // On disk before any number of the block is used.
            self.write(reserved)?;
        }
        *counter(&mut self.next) = number + 1;
        Ok(number)
    }

    fn write(&mut self, reserved: Reserved) -> Result<(), FolderError> {
        self.folder.write_json(FILE, &reserved)?;
        self.reserved = reserved;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_used_twice_across_restarts() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(&place.path().join("authority")).expect("a folder");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let mut numbers = Numbers::load_or_make(&folder).expect("counters");
            for _ in 0..1500 {
                assert!(seen.insert(numbers.push().expect("a number")), "a PushID came twice");
            }
        }
        assert_eq!(seen.first(), Some(&PushId(1)));
    }

    #[test]
    fn counters_that_cannot_be_read_are_not_started_anew() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("a folder");
        folder.write(FILE, b"{").expect("written");
        assert!(matches!(Numbers::load_or_make(&folder), Err(FolderError::Content { .. })));
    }

    #[test]
    fn a_counter_file_that_was_put_back_gives_no_number_twice() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("a folder");
        let mut numbers = Numbers::load_or_make(&folder).expect("counters");
        let first = numbers.push().expect("a number");
        let old = folder.read(FILE).expect("readable").expect("there");
        let used: Vec<_> = (0..5 * BLOCK).map(|_| numbers.push().expect("a number")).collect();
        folder.write(FILE, &old).expect("put back");
        let mut numbers = Numbers::load_or_make(&folder).expect("counters");
        numbers.restore(Timestamp(9), 0).expect("written");
        let next = numbers.push().expect("a number");
        assert!(next > first && used.iter().all(|number| *number < next));
        let again = Numbers::load_or_make(&folder).expect("counters");
        assert_eq!((again.epoch(), again.restored_at()), (2, Some(Timestamp(9))));
    }

    #[test]
    fn a_store_that_was_put_back_is_noticed() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("a folder");
        let mut numbers = Numbers::load_or_make(&folder).expect("counters");
        numbers.mark(MARKED_EVERY - 1, false).expect("written");
        assert!(!numbers.is_behind(0), "not marked yet");
        numbers.mark(MARKED_EVERY, false).expect("written");
        assert!(numbers.is_behind(MARKED_EVERY - 1) && !numbers.is_behind(MARKED_EVERY));
        numbers.mark(MARKED_EVERY + 1, true).expect("written");
        let again = Numbers::load_or_make(&folder).expect("counters");
        assert!(again.is_behind(MARKED_EVERY));
    }
}
