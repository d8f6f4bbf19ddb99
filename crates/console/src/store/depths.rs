//! What lies in the store, counted for whoever watches the console.

use database::{DbError, Statement, args};

use super::Store;

/// What lies in the store.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Depths {
    /// Attached sites whose connector is connected.
    pub(crate) sites_linked: u64,
    /// Attached sites whose connector is away.
    pub(crate) sites_away: u64,
    /// Actions that have not ended.
    pub(crate) actions_open: u64,
    /// Requests and cancellations that a site has yet to take.
    pub(crate) requests_waiting: u64,
    /// Events for webhooks that wait for an attempt.
    pub(crate) events_waiting: u64,
    /// Events that were given up.
    pub(crate) dead_letters: u64,
}

/// Each is read from an index whose size is that of what it counts.
const DEPTHS: Statement = Statement::both(
    "SELECT (SELECT COUNT(*) FROM site WHERE state = 'attached' AND link_up = 1) AS sites_linked,
            (SELECT COUNT(*) FROM site WHERE state = 'attached' AND link_up = 0) AS sites_away,
            (SELECT COUNT(*) FROM action WHERE is_open = 1) AS actions_open,
            (SELECT COUNT(*) FROM outbox) AS requests_waiting,
            (SELECT COUNT(*) FROM delivery WHERE due IS NOT NULL) AS events_waiting,
            (SELECT COUNT(*) FROM delivery WHERE due IS NULL) AS dead_letters",
);
const PING: Statement = Statement::both("SELECT 1 AS one");

impl Store {
    /// Counts what lies in the store.
    pub(crate) async fn depths(&self) -> Result<Depths, DbError> {
        let Some(row) = self.db.row(&DEPTHS, args![]).await? else { return Ok(Depths::default()) };
        Ok(Depths {
            sites_linked: row.unsigned("sites_linked")?,
            sites_away: row.unsigned("sites_away")?,
            actions_open: row.unsigned("actions_open")?,
            requests_waiting: row.unsigned("requests_waiting")?,
            events_waiting: row.unsigned("events_waiting")?,
            dead_letters: row.unsigned("dead_letters")?,
        })
    }

    /// Asks the store for nothing, to see that it answers.
    pub(crate) async fn ping(&self) -> Result<(), DbError> {
        self.db.row(&PING, args![]).await.map(drop)
    }
}
