//! SQLite: one connection that writes, a few that read, all on the thread of their caller.
//!
//! A statement takes some microseconds; handed to a thread of SQLite's own it would wait for two wake-ups, which cost more
//! than most statements do. What may take long, because it looks at much or waits for a slow disk, runs where tokio is told
//! that this thread blocks, so that another takes over its other tasks.

mod pace;
mod pool;
mod statement;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use tokio::runtime::{Handle, RuntimeFlavor};

pub(crate) use pool::{Open, Readers, Writer};
pub(crate) use statement::{execute, rows};

/// How long SQLite itself waits for a lock that another process holds, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Statements that a connection keeps prepared: more than any of the stores has.
const PREPARED: usize = 256;

/// Where a database is.
#[derive(Clone, Debug)]
pub(crate) enum At {
    File(PathBuf),
    Memory,
}

/// How long something may take: less than the hand-over to another thread is worth, or more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Length {
    Short,
    Long,
}

/// Opens a connection.
pub(crate) fn connect(at: &At, reads_only: bool) -> Result<Connection, rusqlite::Error> {
    // The file is there already; a name is a name and no URI.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match at {
        At::File(path) => Connection::open_with_flags(path, flags)?,
        At::Memory => Connection::open_in_memory()?,
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    // Without this guarantee SQLite makes a plan anew whenever another value is bound, in case it has statistics that the
    // value bears upon: there are none, and making a plan costs more than most statements do.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if matches!(at, At::File(_)) {
        // What the write-ahead log is cut to after a checkpoint, in bytes: 16 times its usual size.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864")?;
    }
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")?;
    // The cache of pages, in KiB (the minus is SQLite's way to say so). The one that writes has the pages of a large push in
    // it; those that read empty theirs after each commit of another connection, and find the pages in the system's cache.
    connection.execute_batch(if reads_only {
        "PRAGMA query_only = ON; PRAGMA cache_size = -1024"
    } else {
        "PRAGMA cache_size = -8192"
    })?;
    Ok(connection)
}

/// Runs `work` in place where it is short, else as [`blocking`] does.
pub(crate) fn run<T>(length: Length, work: impl FnOnce() -> T) -> T {
    match length {
        Length::Short => work(),
        Length::Long => blocking(work),
    }
}

/// Runs what may block for long; where tokio has other threads, they take over what this one would do meanwhile.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    let several =
        Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if several { tokio::task::block_in_place(work) } else { work() }
}

/// Opens a file: its writer, and the connections that read.
pub(crate) fn open_file(path: &Path) -> Result<(Writer, Readers), rusqlite::Error> {
    let at = At::File(path.to_owned());
    Ok((Writer::new(connect(&at, false)?), Readers::new(at)))
}

/// Opens a database in memory: it lives in its only connection, which therefore must stay.
pub(crate) fn open_memory() -> Result<Writer, rusqlite::Error> {
    Ok(Writer::new(connect(&At::Memory, false)?))
}
