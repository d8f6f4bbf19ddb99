//! Why the journal cannot be used.

use std::io;

use super::MOST_TASKS;

/// Why the journal cannot be read or written. Nothing is receipted then.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be made with its owner's rights only.
    #[error("failed to make the journal {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// SQLite refused.
    #[error("failed to {attempt} the journal")]
    Sql {
        /// What was attempted.
        attempt: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
    /// A newer agent wrote it.
    #[error("the journal has version {found}, and this agent knows {known}: install the newer agent again")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest that this agent knows.
        known: i64,
    },
    /// There are too many tasks.
    #[error("the journal holds {MOST_TASKS} tasks and takes no more")]
    Full,
}
