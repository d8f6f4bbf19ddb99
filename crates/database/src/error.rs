//! What can go wrong with a database.

use std::{io, path::PathBuf};

/// Why a database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The URL names no database that Tenon knows.
    #[error(
        "`{url}` is no database URL; use `sqlite:/path/to/file.db`, `sqlite::memory:` or `postgres://user@host/database`"
    )]
    Url {
        /// The URL, without its password.
        url: String,
    },
    /// The database could not be opened.
    #[error("failed to open the database {url}")]
    Open {
        /// The URL, without its password.
        url: String,
        /// Why.
        source: EngineError,
    },
    /// A file of the database could not be made or written.
    #[error("failed to write {}", path.display())]
    File {
        /// The file or its folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The disk that holds the database is full. Nothing of the transaction is stored.
    #[error("the database's disk is full: failed to {attempt}; make room on it")]
    Full {
        /// What was attempted.
        attempt: String,
        /// The engine's words.
        source: EngineError,
    },
    /// A statement, a begin or a commit failed.
    #[error("the database failed to {attempt}")]
    Failed {
        /// What was attempted.
        attempt: String,
        /// Why.
        source: EngineError,
    },
    /// A set could not be written as JSON.
    #[error("failed to write the set for `{attempt}`")]
    Set {
        /// The statement.
        attempt: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A number is too large to be stored.
    #[error("{number} is too large to be stored by `{attempt}`")]
    TooLarge {
        /// The statement.
        attempt: String,
        /// The number.
        number: u64,
    },
    /// A column holds something else than the program expects.
    #[error("column `{column}` should hold {wanted}, and holds {found}")]
    Column {
        /// The column.
        column: String,
        /// What the program expects.
        wanted: &'static str,
        /// What it found: the kind, never the content.
        found: String,
    },
    /// The database was written by a newer program.
    #[error(
        "the database `{name}` has version {found}, and this program knows up to {known}; run the newer program"
    )]
    TooNew {
        /// The name of the migrations.
        name: &'static str,
        /// The version found.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The engine has its own tool for this.
    #[error("a PostgreSQL database is backed up by its own tools: run `pg_dump --format=custom`")]
    UsePgDump,
}

impl DbError {
    /// Returns whether the same attempt may succeed later: the engine was busy or away, or its disk was full.
    pub fn is_transient(&self) -> bool {
        match self {
            DbError::Full { .. } => true,
            DbError::Open { source, .. } | DbError::Failed { source, .. } => source.is_transient(),
            DbError::File { .. }
            | DbError::Url { .. }
            | DbError::Set { .. }
            | DbError::TooLarge { .. }
            | DbError::Column { .. }
            | DbError::TooNew { .. }
            | DbError::UsePgDump => false,
        }
    }

    /// Returns whether the disk of the database is full.
    pub fn is_full(&self) -> bool {
        matches!(self, DbError::Full { .. })
    }

    /// Returns whether a uniqueness, foreign key, null or check rule of the store forbade it.
    pub fn is_constraint(&self) -> bool {
        let DbError::Failed { source, .. } = self else {
            return false;
        };
        match source.code() {
            Some(Code::Sqlite(code)) => code & 0xff == SQLITE_CONSTRAINT,
            Some(Code::Postgres(class)) => class.starts_with("23"),
            None => false,
        }
    }

    pub(crate) fn failed(attempt: String, source: impl Into<EngineError>) -> Self {
        let source = source.into();
        if source.is_full() { DbError::Full { attempt, source } } else { DbError::Failed { attempt, source } }
    }
}

/// What an engine says that has failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] sqlx::Error),
    /// No connection became free in time.
    #[error("no connection became free in time")]
    Busy,
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
}

const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_IOERR: i32 = 10;
const SQLITE_FULL: i32 = 13;
const SQLITE_CONSTRAINT: i32 = 19;
/// The shared-memory file beside the database could not grow: on a file system without room this comes before
/// `SQLITE_FULL`.
const SQLITE_IOERR_SHMSIZE: i32 = SQLITE_IOERR | (19 << 8);

/// An engine's own code for an error.
enum Code {
    /// An extended result code.
    Sqlite(i32),
    /// An SQLSTATE.
    Postgres(String),
}

impl EngineError {
    fn code(&self) -> Option<Code> {
        match self {
            EngineError::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => {
                Some(Code::Sqlite(error.extended_code))
            }
            EngineError::Postgres(sqlx::Error::Database(error)) => {
                Some(Code::Postgres(error.code().unwrap_or_default().into_owned()))
            }
            EngineError::Sqlite(_) | EngineError::Postgres(_) | EngineError::Busy | EngineError::Closed => {
                None
            }
        }
    }

    fn is_full(&self) -> bool {
        match self.code() {
            Some(Code::Sqlite(code)) => code & 0xff == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE,
            Some(Code::Postgres(state)) => state == "53100",
            None => false,
        }
    }

    fn is_transient(&self) -> bool {
        match (self, self.code()) {
            (EngineError::Busy, _) => true,
            (EngineError::Postgres(sqlx::Error::Io(_) | sqlx::Error::Tls(_)), _)
            | (EngineError::Postgres(sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed), _) => true,
            (_, Some(Code::Sqlite(code))) => {
                matches!(code & 0xff, SQLITE_BUSY | SQLITE_LOCKED | SQLITE_IOERR | SQLITE_FULL)
            }
            // Connection lost; rolled back by a deadlock; out of resources; shut down by an operator; lock not free.
            (_, Some(Code::Postgres(state))) => {
                ["08", "40", "53", "57"].iter().any(|class| state.starts_with(class)) || state == "55P03"
            }
            (_, None) => false,
        }
    }
}
