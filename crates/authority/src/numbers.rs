//! Numbers that only grow and are never reused, not even after the database was restored: TaskIDs, PushIDs, ResourceIDs.
//!
//! They are reserved in blocks, in a file beside the keys. A start skips what is left of the last block: gaps are normal.

use action::{PushId, ResourceId, TaskId};
use serde::{Deserialize, Serialize};

use crate::folder::{Folder, FolderError};

/// How many numbers are reserved with one write: a write for each thousandth push, and few numbers lost at a restart.
const BLOCK: u64 = 1000;

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
}

/// From where each counter starts; the seed's examples begin above it.
const FIRST: Reserved = Reserved { epoch: 1, task: 1, push: 1, resource: 16_777_217 };

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

    fn reserve(&mut self, counter: impl Fn(&mut Reserved) -> &mut u64) -> Result<u64, FolderError> {
        let number = *counter(&mut self.next);
        if number >= *counter(&mut self.reserved) {
            let mut reserved = self.reserved;
            *counter(&mut reserved) = number + BLOCK;
            // On disk before any number of the block is used.
            self.folder.write(FILE, &serde_json::to_vec(&reserved).unwrap_or_default())?;
            self.reserved = reserved;
        }
        *counter(&mut self.next) = number + 1;
        Ok(number)
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
}
