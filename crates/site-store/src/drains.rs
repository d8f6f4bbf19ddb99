//! How pushes to many devices drain, as their notification servers tell it.

use action::{TaskGuid, TaskId, Timestamp};
use database::{DbError, Row, Statement, args, over_set};
use serde::Serialize;

use crate::SiteStore;

/// How one notification server drains one push.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DrainRow {
    /// The site's number for the action.
    pub task_id: TaskId,
    /// The throttle that it passes: 0 none, 1 a steady rate, 2 a window, 3 a spread.
    pub strategy: u32,
    /// Clients a second, unanswered tasks, or seconds.
    pub param: u32,
    /// Clients of this server that were online for it.
    pub clients: u64,
    /// Clients that it was handed to.
    pub sent: u64,
    /// Tasks of other pushes that were ahead of it at the same throttle.
    pub ahead: u64,
    /// How long it was expected to take, in milliseconds.
    pub predicted: u64,
    /// How long it has run, or took, in milliseconds.
    pub elapsed: u64,
    /// Whether all its clients have it.
    pub through: bool,
}

/// What a notification server told last of a push.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ToldDrain {
    /// The notification server.
    pub server: String,
    /// When it told it.
    pub at: Timestamp,
    /// What it told.
    pub drain: DrainRow,
}

#[derive(Serialize)]
struct Put<'a> {
    task_id: u64,
    server: &'a str,
    strategy: u32,
    param: u32,
    clients: u64,
    sent: u64,
    ahead: u64,
    predicted: u64,
    elapsed: u64,
    through: i64,
    at: i64,
}

// A push that was swept meanwhile is told of no more.
const PUT: Statement = over_set!(
    (task_id BIGINT, server TEXT, strategy BIGINT, param BIGINT, clients BIGINT, sent BIGINT, ahead BIGINT,
     predicted BIGINT, elapsed BIGINT, through BIGINT, at BIGINT)
    "INSERT INTO push_drain
        (task_id, server, strategy, param, clients, sent, ahead, predicted, elapsed, through, at)
     SELECT x.task_id, x.server, x.strategy, x.param, x.clients, x.sent, x.ahead, x.predicted, x.elapsed, x.through, x.at
     FROM x JOIN push_message ON push_message.task_id = x.task_id WHERE true
     ON CONFLICT (task_id, server) DO UPDATE SET strategy = excluded.strategy, param = excluded.param,
        clients = excluded.clients, sent = excluded.sent, ahead = excluded.ahead, predicted = excluded.predicted,
        elapsed = excluded.elapsed, through = excluded.through, at = excluded.at"
);
const OF: Statement = Statement::both(
    "SELECT push_drain.task_id, server, strategy, push_drain.param, clients, sent, ahead, predicted, elapsed, through, at
     FROM push_message JOIN push_drain ON push_drain.task_id = push_message.task_id
     WHERE push_message.task_guid = $1 ORDER BY server",
);

impl SiteStore {
    /// Stores how a notification server drains its pushes now, in place of what it told of them before.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn put_drains(&self, server: &str, drains: &[DrainRow], now: Timestamp) -> Result<(), DbError> {
        let rows: Vec<Put<'_>> = drains
            .iter()
            .map(|drain| Put {
                task_id: drain.task_id.0,
                server,
                strategy: drain.strategy,
                param: drain.param,
                clients: drain.clients,
                sent: drain.sent,
                ahead: drain.ahead,
                predicted: drain.predicted,
                elapsed: drain.elapsed,
                through: drain.through.into(),
                at: now.0,
            })
            .collect();
        self.db.write(&PUT, database::Args::default().set(&rows)).await.map(|_| ())
    }

    /// Returns how the push of an action drains, one row for each notification server that has told of it. Pushes to a
    /// few devices are over before they are told of.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn drains(&self, task_guid: TaskGuid) -> Result<Vec<ToldDrain>, DbError> {
        self.db.rows(&OF, args![task_guid.to_string()]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<ToldDrain, DbError> {
    let small = |name| Ok::<_, DbError>(u32::try_from(row.unsigned(name)?).unwrap_or(u32::MAX));
    Ok(ToldDrain {
        server: row.text("server")?.to_owned(),
        at: Timestamp(row.int("at")?),
        drain: DrainRow {
            task_id: TaskId(row.unsigned("task_id")?),
            strategy: small("strategy")?,
            param: small("param")?,
            clients: row.unsigned("clients")?,
            sent: row.unsigned("sent")?,
            ahead: row.unsigned("ahead")?,
            predicted: row.unsigned("predicted")?,
            elapsed: row.unsigned("elapsed")?,
            through: row.flag("through")?,
        },
    })
}
