//! SQLite: one connection that writes, a few that read.

use std::{
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    Arguments, Column, ConnectOptions, Decode, Row as _, Sqlite, SqliteConnection, TypeInfo, ValueRef,
    pool::PoolConnection,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};

use crate::{
    args::Value,
    row::{Cell, Row},
};

/// Connections that read beside the writer: one for each of a small machine's cores; a site's reads are short.
const READERS: u32 = 4;
/// How long a caller waits for the writer before it is told that the database is busy. Longer than the longest
/// transaction (a push to 100,000 devices, about a second) by far.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(30);
/// How long SQLite itself waits for a lock that another process holds, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// What the write-ahead log is cut to after a checkpoint, in bytes: 16 times its usual size.
const LARGEST_IDLE_LOG: &str = "67108864";
/// Memory for pages per connection, in KiB (the minus is SQLite's way to say so).
const PAGE_CACHE: &str = "-8192";

/// The one connection that writes, and whether it has a transaction open.
///
/// Transactions are begun and ended here and not by sqlx, which keeps count of them itself: when SQLite has already
/// rolled one back (on a full disk, or a fault of it), sqlx's own rollback fails, and its count never comes back to
/// none, so that the connection would refuse to begin another one for ever.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) pool: SqlitePool,
    open: Arc<AtomicBool>,
}

/// A transaction of the writer. Dropped without a commit, it is rolled back before the next one begins.
pub(crate) struct Open {
    pub(crate) connection: PoolConnection<Sqlite>,
    open: Arc<AtomicBool>,
}

impl Writer {
    async fn new(options: SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let open = Arc::new(AtomicBool::new(false));
        let left_open = Arc::clone(&open);
        let pool = pool(1)
            .min_connections(1)
            .after_release(move |connection, _| {
                let left_open = left_open.swap(false, Ordering::SeqCst);
                Box::pin(async move { Ok(!left_open || rolled_back(connection).await) })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool, open })
    }

    pub(crate) async fn begin(&self) -> Result<Open, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        // Before the statement: a caller who goes away in the middle of it leaves a transaction, too.
        self.open.store(true, Ordering::SeqCst);
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        Ok(Open { connection, open: Arc::clone(&self.open) })
    }
}

impl Open {
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        sqlx::query("COMMIT").execute(&mut *self.connection).await?;
        self.open.store(false, Ordering::SeqCst);
        Ok(())
    }
}

/// Ends what a transaction has left; returns whether the connection may be used again.
async fn rolled_back(connection: &mut SqliteConnection) -> bool {
    /// What SQLite answers where there is no transaction (any more).
    const NO_TRANSACTION: &str = "1";
    match sqlx::query("ROLLBACK").execute(connection).await {
        Ok(_) => true,
        Err(sqlx::Error::Database(error)) => error.code().as_deref() == Some(NO_TRANSACTION),
        Err(_) => false,
    }
}

/// Opens a file: its writer, and the pool of the connections that read.
pub(crate) async fn open_file(path: &Path) -> Result<(Writer, SqlitePool), sqlx::Error> {
    let options = options(SqliteConnectOptions::new().filename(path))
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("journal_size_limit", LARGEST_IDLE_LOG);
    let writer = Writer::new(options.clone()).await?;
    let reader = pool(READERS).connect_with(options.pragma("query_only", "ON")).await?;
    Ok((writer, reader))
}

/// Opens a database in memory: it lives in its only connection, which therefore must stay.
pub(crate) async fn open_memory() -> Result<Writer, sqlx::Error> {
    Writer::new(options(SqliteConnectOptions::from_str("sqlite::memory:")?.shared_cache(false))).await
}

fn options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", PAGE_CACHE)
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

fn pool(connections: u32) -> SqlitePoolOptions {
    // A connection to a file does not go stale: neither its age nor a test before each use earns its cost.
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT_FOR_CONNECTION)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

pub(crate) fn arguments(values: Vec<Value>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Int(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::TooLarge(number) => arguments.add(i64::try_from(number).ok()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

pub(crate) fn rows(rows: &[SqliteRow]) -> Result<Vec<Row>, sqlx::Error> {
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let columns: Arc<[String]> = first.columns().iter().map(|column| column.name().to_owned()).collect();
    rows.iter()
        .map(|row| {
            let cells = (0..columns.len()).map(|at| cell(row, at)).collect::<Result<_, _>>()?;
            Ok(Row { columns: Arc::clone(&columns), cells })
        })
        .collect()
}

fn cell(row: &SqliteRow, at: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info().name().to_owned();
    match kind.as_str() {
        "INTEGER" => decode(value).map(Cell::Int),
        "TEXT" => decode(value).map(Cell::Text),
        "BLOB" => decode(value).map(Cell::Bytes),
        _ => Ok(Cell::Other(kind)),
    }
}

fn decode<'row, T: Decode<'row, Sqlite>>(
    value: sqlx::sqlite::SqliteValueRef<'row>,
) -> Result<T, sqlx::Error> {
    T::decode(value).map_err(sqlx::Error::Decode)
}
