//! The history of actions, as this side's hops write it, and the console reads it.

use action::{Entry, TaskGuid};
use database::{Args, DbError, Row, Statement, Transaction, args, over_set};

use crate::{
    SiteStore,
    counter::{Counter, take},
    runs,
};

const INSERT: Statement = over_set!(
    (n BIGINT, t TEXT, d TEXT, h TEXT, a BIGINT, e TEXT, c BIGINT, m TEXT)
    "INSERT INTO event (number, task_guid, device, hop, at, event, entries, targets) \
     SELECT n, t, d, h, a, e, c, m FROM x"
);
// A run that holds the number begins less than the longest run before it.
const AFTER: Statement = Statement::both(
    "SELECT number, task_guid, device, hop, at, event, targets FROM event \
     WHERE number > $1 AND number + entries - 1 > $2 ORDER BY number LIMIT $3",
);
const HISTORY: Statement = Statement::both(
    "SELECT number, task_guid, device, hop, at, event, targets FROM event \
     WHERE task_guid = $1 AND number > $2 AND number + entries - 1 > $3 ORDER BY number LIMIT $4",
);
const REPORTED: Statement = Statement::both("SELECT value FROM setting WHERE name = 'events_reported'");
const REPORT: Statement = Statement::both(
    "INSERT INTO setting (name, value) VALUES ('events_reported', $1) ON CONFLICT (name) DO UPDATE \
     SET value = excluded.value WHERE CAST(setting.value AS BIGINT) < CAST(excluded.value AS BIGINT)",
);

impl SiteStore {
    /// Returns the events after a number, each with its own, in their order.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn events_after(&self, after: u64, limit: u32) -> Result<Vec<(u64, Entry)>, DbError> {
        page(&self.db.rows(&AFTER, args![before(after), number(after), limit]).await?, after, limit)
    }

    /// Returns a page of the history of an action.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn history(
        &self,
        task_guid: TaskGuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Entry)>, DbError> {
        let args = args![task_guid.to_string(), before(after), number(after), limit];
        page(&self.db.rows(&HISTORY, args).await?, after, limit)
    }

    /// Stores that the console has committed all events up to this number.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn events_reported(&self, upto: u64) -> Result<(), DbError> {
        self.db.write(&REPORT, args![upto.to_string()]).await.map(|_| ())
    }

    /// Returns the number up to which the console has committed the events.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn reported(&self) -> Result<u64, DbError> {
        self.db.row(&REPORTED, args![]).await?.map_or(Ok(0), |row| row.parsed("value"))
    }
}

/// Writes entries, joined to runs and numbered in their order. The last statement of a transaction: others that write events
/// wait from here until its commit.
pub(crate) async fn write(transaction: &mut Transaction, entries: &[Entry]) -> Result<(), DbError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut number = take(transaction, Counter::Event, entries.len()).await?;
    let mut rows = Vec::new();
    for run in runs::join(entries) {
        rows.push(run.written(number));
        number += run.len();
    }
    transaction.execute(&INSERT, Args::default().set(&rows)).await.map(|_| ())
}

/// Returns the number behind which a run must begin to hold one that is higher than `after`.
fn before(after: u64) -> i64 {
    number(after) - number(runs::LONGEST)
}

/// Returns a number as the engines have it: what is higher than any is as good as the highest.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Returns the events of runs that come after a number, as many as were asked for.
fn page(rows: &[Row], after: u64, limit: u32) -> Result<Vec<(u64, Entry)>, DbError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    for row in rows {
        if entries.len() >= limit {
            break;
        }
        entries.extend(runs::read(row)?.into_iter().filter(|(number, _)| *number > after));
    }
    entries.truncate(limit);
    Ok(entries)
}
