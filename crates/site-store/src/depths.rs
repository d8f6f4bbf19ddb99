//! What lies in the store, counted for whoever watches the site.

use database::{DbError, Statement, args};

use crate::SiteStore;

/// What lies in the store.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Depths {
    /// Devices.
    pub devices: u64,
    /// Devices that are online.
    pub devices_online: u64,
    /// Notifications that are not decided.
    pub notifications_undecided: u64,
    /// Push messages with targets that have not ended.
    pub push_messages_open: u64,
    /// Targets that have not ended.
    pub targets_open: u64,
    /// Events that the console has not committed.
    pub events_unreported: u64,
}

/// Each is read from an index whose size is that of what it counts; the devices' from their smallest one.
const DEPTHS: Statement = Statement::both(
    "SELECT (SELECT COUNT(*) FROM device) AS devices,
            (SELECT COUNT(*) FROM device WHERE online = 1) AS devices_online,
            (SELECT COUNT(*) FROM notification WHERE decided_at IS NULL) AS notifications_undecided,
            (SELECT COUNT(*) FROM push_message WHERE unfinished > 0) AS push_messages_open,
            (SELECT CAST(COALESCE(SUM(unfinished), 0) AS BIGINT) FROM push_message WHERE unfinished > 0)
                AS targets_open,
            (SELECT value FROM counter WHERE name = 'event') AS events",
);
const PING: Statement = Statement::both("SELECT 1 AS one");

impl SiteStore {
    /// Counts what lies in the store.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn depths(&self) -> Result<Depths, DbError> {
        let Some(row) = self.db.row(&DEPTHS, args![]).await? else { return Ok(Depths::default()) };
        let reported = self.reported().await?;
        Ok(Depths {
            devices: row.unsigned("devices")?,
            devices_online: row.unsigned("devices_online")?,
            notifications_undecided: row.unsigned("notifications_undecided")?,
            push_messages_open: row.unsigned("push_messages_open")?,
            targets_open: row.unsigned("targets_open")?,
            events_unreported: row.unsigned("events")?.saturating_sub(reported),
        })
    }

    /// Asks the store for nothing, to see that it answers.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.db.row(&PING, args![]).await.map(drop)
    }
}
