//! The journal's file and its tables.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, path::Path};

use rusqlite::Connection;

use super::{JournalError, sql};

/// The version of the tables, in `user_version`. Steps go forward only.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE task (
    task_guid TEXT PRIMARY KEY,
    kind INTEGER NOT NULL,
    param TEXT NOT NULL,
    stage TEXT NOT NULL,
    finish_by INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    code INTEGER,
    detail TEXT,
    answered_at INTEGER
);
CREATE INDEX task_unanswered ON task (stage) WHERE stage <> 'answered';
CREATE TABLE push (
    push_id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL,
    task_guid TEXT NOT NULL,
    repeated INTEGER NOT NULL
);
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
";

/// Pages of 4 KiB that SQLite may keep in memory: the journal is small, and so is the agent.
const CACHE_PAGES: i64 = 32;

pub(super) fn open(path: &Path) -> Result<Connection, JournalError> {
    // Made before SQLite opens it: the log and index files beside it take their rights from it.
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map_err(|source| JournalError::File { path: path.display().to_string(), source })?;
    prepared(Connection::open(path).map_err(sql("open"))?)
}

#[cfg(test)]
pub(super) fn memory() -> Result<Connection, JournalError> {
    prepared(Connection::open_in_memory().map_err(sql("open"))?)
}

fn prepared(mut db: Connection) -> Result<Connection, JournalError> {
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(sql("open"))?;
    synced(&db, true).map_err(sql("open"))?;
    db.pragma_update(None, "cache_size", CACHE_PAGES).map_err(sql("open"))?;
    // One process has the journal: whoever else has it open does not give it back by being waited for.
    db.busy_timeout(std::time::Duration::ZERO).map_err(sql("open"))?;

    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(sql("open"))?;
    match found {
        VERSION => {}
        0 => {
            let transaction = db.transaction().map_err(sql("make"))?;
            transaction.execute_batch(TABLES).map_err(sql("make"))?;
            transaction.commit().map_err(sql("make"))?;
        }
        newer => return Err(JournalError::Newer { found: newer, known: VERSION }),
    }
    Ok(db)
}

/// Chooses whether each commit waits for the disk's surface.
pub(super) fn synced(db: &Connection, synced: bool) -> rusqlite::Result<()> {
    db.pragma_update(None, "synchronous", if synced { "FULL" } else { "NORMAL" })
}
