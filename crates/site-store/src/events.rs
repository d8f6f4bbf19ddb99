//! The history of actions, as this side's hops write it, and the console reads it.

use action::{Entry, Event, Hop, TaskGuid, Timestamp};
use database::{Args, DbError, Row, Statement, Transaction, args, over_set};
use serde::Serialize;

use crate::{
    SiteStore,
    code::wrong,
    counter::{Counter, take},
};

#[derive(Serialize)]
struct Written<'a> {
    n: u64,
    t: String,
    d: Option<String>,
    h: &'static str,
    a: i64,
    e: &'a str,
}

const INSERT: Statement = over_set!(
    (n BIGINT, t TEXT, d TEXT, h TEXT, a BIGINT, e TEXT)
    "INSERT INTO event (number, task_guid, device, hop, at, event) SELECT n, t, d, h, a, e FROM x"
);
const AFTER: Statement = Statement::both(
    "SELECT number, task_guid, device, hop, at, event FROM event WHERE number > $1 ORDER BY number LIMIT $2",
);
const HISTORY: Statement = Statement::both(
    "SELECT number, task_guid, device, hop, at, event FROM event WHERE task_guid = $1 AND number > $2 \
     ORDER BY number LIMIT $3",
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
        self.db.rows(&AFTER, args![after, limit]).await?.iter().map(read).collect()
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
        self.db.rows(&HISTORY, args![task_guid.to_string(), after, limit]).await?.iter().map(read).collect()
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

/// Writes entries, numbered in their order. The last statement of a transaction: others that write events wait from
/// here until its commit.
pub(crate) async fn write(transaction: &mut Transaction, entries: &[Entry]) -> Result<(), DbError> {
    if entries.is_empty() {
        return Ok(());
    }
    let first = take(transaction, Counter::Event, entries.len()).await?;
    // Runs of one event (a page of targets) are written out once.
    let mut last: Option<&Event> = None;
    let mut texts: Vec<String> = Vec::new();
    let mut rows = Vec::with_capacity(entries.len());
    let mut which = Vec::with_capacity(entries.len());
    for entry in entries {
        if last != Some(&entry.event) {
            texts.push(serde_json::to_string(&entry.event).expect("an event is plain data"));
            last = Some(&entry.event);
        }
        which.push(texts.len() - 1);
    }
    for ((n, entry), text) in (first..).zip(entries).zip(which) {
        rows.push(Written {
            n,
            t: entry.task_guid.to_string(),
            d: entry.device.map(|device| device.to_string()),
            h: entry.hop.name(),
            a: entry.at.0,
            e: &texts[text],
        });
    }
    transaction.execute(&INSERT, Args::default().set(&rows)).await.map(|_| ())
}

fn read(row: &Row) -> Result<(u64, Entry), DbError> {
    let entry = Entry {
        task_guid: row.parsed("task_guid")?,
        device: row.opt_parsed("device")?,
        hop: Hop::named(row.text("hop")?).ok_or_else(|| wrong("hop", "the name of a hop"))?,
        at: Timestamp(row.int("at")?),
        event: row.json("event")?,
    };
    Ok((row.unsigned("number")?, entry))
}
