//! What is old goes, so that history and disk stay bounded.

use std::time::Duration;

use action::Timestamp;
use database::{Args, DbError, Statement, Transaction, args, over_list, over_set};
use serde::Serialize;

use crate::SiteStore;

/// How long and how much is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// How long an action's targets and history are kept after it ended, and a removed device's id after it went.
    pub keep: Duration,
    /// How many events are kept at most; beyond it the oldest go first, reported or not.
    pub events: u64,
    /// How many bytes of content are kept at most; beyond it what was stored first goes.
    pub content_bytes: u64,
    /// How long the logs of agents are kept: they were collected for a search that is over by then.
    pub logs: Duration,
    /// How many bytes of the logs of agents are kept at most, of all devices together; beyond it the oldest go.
    pub log_bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            // A month: what an auditor or a monthly report looks back for.
            keep: Duration::from_hours(30 * 24),
            // About 2 GB with their index; 25 actions on all of 50,000 devices.
            events: 5_000_000,
            // 250 policy documents of the largest size.
            content_bytes: 256 << 20,
            // A week.
            logs: Duration::from_hours(7 * 24),
            // Those of 256 devices of the usual size.
            log_bytes: 256 << 20,
        }
    }
}

/// What [`SiteStore::sweep`] removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Swept {
    /// Actions, with their targets.
    pub actions: u64,
    /// Events.
    pub events: u64,
    /// Events among them that the console had not committed.
    pub unreported: u64,
    /// Removed devices.
    pub devices: u64,
    /// Content.
    pub content: u64,
    /// Parts of logs of agents.
    pub logs: u64,
}

/// How long a content file may take to be put: it is gone on with within that.
const UNFINISHED_KEPT: Duration = Duration::from_hours(24);
/// Rows that one transaction removes at most, so that others get their turn: about a tenth of a second.
const BATCH: u64 = 10_000;
/// Actions that are removed together.
const ACTIONS: u64 = 500;

#[derive(Serialize)]
struct Task {
    t: u64,
}

const ENDED: Statement = Statement::both(
    "SELECT task_guid, task_id FROM push_message WHERE ended_at < $1 ORDER BY ended_at LIMIT $2",
);
/// Decided notifications that became no push message: refused or cancelled ones.
const DECIDED: Statement = Statement::both(
    "SELECT task_guid FROM notification WHERE decided_at < $1 AND NOT EXISTS \
     (SELECT 1 FROM push_message WHERE push_message.task_guid = notification.task_guid) ORDER BY decided_at LIMIT $2",
);
const EVENTS: Statement = over_list!(
    "DELETE FROM event WHERE number IN (SELECT number FROM event WHERE task_guid IN (SELECT v FROM x) LIMIT $2) \
     RETURNING entries, number + entries - 1 AS last"
);
const TASKS: Statement = over_set!(
    (t BIGINT)
    "DELETE FROM push_task WHERE (task_id, device) IN \
     (SELECT task_id, device FROM push_task WHERE task_id IN (SELECT t FROM x) LIMIT $2)"
);
const PUSHES: Statement = over_set!((t BIGINT) "DELETE FROM push WHERE task_id IN (SELECT t FROM x)");
const MESSAGES: Statement =
    over_set!((t BIGINT) "DELETE FROM push_message WHERE task_id IN (SELECT t FROM x)");
const NOTIFICATIONS: Statement = over_list!("DELETE FROM notification WHERE task_guid IN (SELECT v FROM x)");
const ENDS: Statement = Statement::both(
    "SELECT (SELECT min(number) FROM event) AS first, (SELECT number + entries - 1 FROM event ORDER BY number DESC LIMIT 1) AS last",
);
const OLDEST: Statement =
    Statement::both("DELETE FROM event WHERE number < $1 AND number + entries <= $1 RETURNING entries");
const REMOVED: Statement = Statement::both(
    "DELETE FROM removed_device WHERE seq IN \
     (SELECT seq FROM removed_device WHERE at < $1 ORDER BY seq LIMIT $2) RETURNING seq",
);
const FORGOTTEN: Statement = Statement::both(
    "INSERT INTO setting (name, value) VALUES ('removed_devices_forgotten', $1) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);
const CONTENT: Statement = Statement::both(
    "DELETE FROM content WHERE sha256 IN (SELECT sha256 FROM (SELECT sha256, \
     sum(size) OVER (ORDER BY stored DESC, sha256) AS bytes FROM content) AS newest WHERE bytes > $1)",
);

impl SiteStore {
    /// Removes what is older than the retention, and what is beyond its bounds; a commit for each batch.
    ///
    /// # Errors
    ///
    /// Where the database fails; what was removed until then stays so.
    pub async fn sweep(&self, retention: &Retention, now: Timestamp) -> Result<Swept, DbError> {
        let before = now.minus(retention.keep).0;
        let reported = self.reported().await?;
        let mut swept = Swept::default();
        while self.sweep_actions(before, reported, &mut swept).await? {}
        while self.sweep_refused(before, reported, &mut swept).await? {}
        while self.sweep_excess(retention.events, reported, &mut swept).await? {}
        while self.sweep_removed(before, &mut swept).await? {}
        self.forget_unfinished_content(now.minus(UNFINISHED_KEPT)).await?;
        swept.logs = self.forget_logs(now.minus(retention.logs)).await?;
        swept.content = self.db.write(&CONTENT, args![retention.content_bytes]).await?;
        Ok(swept)
    }

    /// One batch of actions that ended; returns whether there was one.
    async fn sweep_actions(&self, before: i64, reported: u64, swept: &mut Swept) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let rows = transaction.rows(&ENDED, args![before, ACTIONS]).await?;
        let mut guids = Vec::with_capacity(rows.len());
        let mut tasks = Vec::with_capacity(rows.len());
        for row in &rows {
            guids.push(row.text("task_guid")?.to_owned());
            tasks.push(Task { t: row.unsigned("task_id")? });
        }
        if rows.is_empty() {
            return Ok(false);
        }
        let mut left = BATCH - events(&mut transaction, &guids, reported, swept).await?;
        if left > 0 {
            left -= transaction.execute(&TASKS, Args::default().set(&tasks).with(left)).await?;
        }
        if left > 0 {
            transaction.execute(&PUSHES, Args::default().set(&tasks)).await?;
            swept.actions += transaction.execute(&MESSAGES, Args::default().set(&tasks)).await?;
            transaction.execute(&NOTIFICATIONS, Args::default().set(&guids)).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// One batch of notifications that came to nothing; returns whether there was one.
    async fn sweep_refused(&self, before: i64, reported: u64, swept: &mut Swept) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let rows = transaction.rows(&DECIDED, args![before, ACTIONS]).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let guids =
            rows.iter().map(|row| row.text("task_guid").map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
        if events(&mut transaction, &guids, reported, swept).await? < BATCH {
            swept.actions += transaction.execute(&NOTIFICATIONS, Args::default().set(&guids)).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// One batch of the oldest events beyond the bound; returns whether there was one.
    async fn sweep_excess(&self, most: u64, reported: u64, swept: &mut Swept) -> Result<bool, DbError> {
        let Some(row) = self.db.row(&ENDS, args![]).await? else {
            return Ok(false);
        };
        let (Some(first), Some(last)) = (row.opt_int("first")?, row.opt_int("last")?) else {
            return Ok(false);
        };
        let (first, last) = (first.unsigned_abs(), last.unsigned_abs());
        let keep_from = (first + BATCH).min((last + 1).saturating_sub(most));
        if keep_from <= first {
            return Ok(false);
        }
        let mut transaction = self.db.begin().await?;
        let mut removed = 0;
        for row in &transaction.rows(&OLDEST, args![keep_from]).await? {
            removed += row.unsigned("entries")?;
        }
        transaction.commit().await?;
        swept.events += removed;
        swept.unreported += keep_from.saturating_sub(first.max(reported + 1)).min(removed);
        Ok(removed > 0)
    }

    /// One batch of removed devices; returns whether there was one.
    async fn sweep_removed(&self, before: i64, swept: &mut Swept) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let rows = transaction.rows(&REMOVED, args![before, BATCH]).await?;
        let mut last = 0;
        for row in &rows {
            last = last.max(row.unsigned("seq")?);
        }
        if rows.is_empty() {
            return Ok(false);
        }
        transaction.execute(&FORGOTTEN, args![last.to_string()]).await?;
        transaction.commit().await?;
        swept.devices += rows.len() as u64;
        Ok(true)
    }
}

/// Removes events of these actions, at most [`BATCH`]; returns how many.
async fn events(
    transaction: &mut Transaction,
    guids: &[String],
    reported: u64,
    swept: &mut Swept,
) -> Result<u64, DbError> {
    let rows = transaction.rows(&EVENTS, Args::default().set(guids).with(BATCH)).await?;
    for row in &rows {
        let (entries, last) = (row.unsigned("entries")?, row.unsigned("last")?);
        swept.events += entries;
        swept.unreported += last.saturating_sub(reported).min(entries);
    }
    Ok(rows.len() as u64)
}
