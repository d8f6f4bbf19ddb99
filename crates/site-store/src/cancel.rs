//! A person withdraws an action.

use action::{Conclusion, DeviceId, Entry, Event, Hop, Reason, TaskGuid, Timestamp};
use database::{DbError, Row, Statement, args, locking};

use crate::{
    SiteStore,
    counter::{Counter, take},
    events,
    fold::{self, Locked, Moved, Moving, moving},
    notifications::DECIDE,
};

/// What [`SiteStore::cancel`] did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cancelled {
    /// The site has not decided the action yet, and will not: all of its targets are cancelled.
    Undecided,
    /// This many targets are cancelled; the others had ended.
    Targets(u64),
    /// Nothing: the site does not know the action, or all of it has ended.
    Nothing,
}

const LOCK: Statement = locking!(
    "SELECT task_id, task_guid, finish_within_seconds FROM push_message WHERE task_guid = $1 AND unfinished > 0"
);
const LOAD: Statement =
    Statement::both(concat!("SELECT ", moving!(), " FROM push_task WHERE task_id = $1 AND state < 100"));
const NUMBER: Statement = Statement::both("UPDATE push_message SET cancel_number = $2 WHERE task_id = $1");
const CANCELS: Statement = Statement::both(
    "SELECT cancel_number, task_guid FROM push_message WHERE cancel_number > $1 ORDER BY cancel_number LIMIT $2",
);
const LAST_CANCEL: Statement = Statement::both("SELECT value FROM counter WHERE name = 'cancel'");
const REACHED: Statement = Statement::both(
    "SELECT push_task.device FROM push_task JOIN push_message ON push_message.task_id = push_task.task_id \
     WHERE push_message.task_guid = $1 AND push_task.device > $2 AND push_task.state = 150 \
     AND push_task.push_id IS NOT NULL ORDER BY push_task.device LIMIT $3",
);

impl SiteStore {
    /// Cancels every target of an action that has not ended, with one event for all. One commit where any changed.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn cancel(&self, task_guid: TaskGuid, who: &str, now: Timestamp) -> Result<Cancelled, DbError> {
        let reason = Reason::CancelledBy { who: who.to_owned() };
        let event = Event::Concluded(Conclusion::Cancelled { reason });
        let mut transaction = self.db.begin().await?;
        let undecided = transaction.execute(&DECIDE, args![task_guid.to_string(), now.0]).await? > 0;
        if undecided {
            let hop = Hop::ServiceConnector;
            events::write(&mut transaction, &[Entry { task_guid, device: None, hop, at: now, event }])
                .await?;
            transaction.commit().await?;
            return Ok(Cancelled::Undecided);
        }
        let Some(row) = transaction.row(&LOCK, args![task_guid.to_string()]).await? else {
            return Ok(Cancelled::Nothing);
        };
        let message = Locked::read(&row)?;
        let rows = transaction.rows(&LOAD, args![message.task_id]).await?;
        let mut targets: Vec<Moving> =
            rows.iter().map(|row| Moving::read(message, row)).collect::<Result<_, _>>()?;
        let hop = Hop::NotificationServer;
        targets.retain_mut(|target| target.on(hop, &event, None, now) != Moved::Nothing);
        if targets.is_empty() {
            return Ok(Cancelled::Nothing);
        }
        let number = take(&mut transaction, Counter::Cancel, 1).await?;
        transaction.execute(&NUMBER, args![message.task_id, number]).await?;
        let entry = Entry { task_guid, device: None, hop, at: now, event };
        let ended = fold::write(&mut transaction, &targets, &[entry], now).await?;
        transaction.commit().await?;
        Ok(Cancelled::Targets(ended))
    }

    /// Returns the actions that were cancelled after a number, each with its own. A notification server starts from
    /// [`SiteStore::last_cancel`].
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn cancels_after(&self, after: u64, limit: u32) -> Result<Vec<(u64, TaskGuid)>, DbError> {
        let rows = self.db.rows(&CANCELS, args![after, limit]).await?;
        let pair = |row: &Row| Ok((row.unsigned("cancel_number")?, row.parsed("task_guid")?));
        rows.iter().map(pair).collect()
    }

    /// Returns the number of the last action that was cancelled.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn last_cancel(&self) -> Result<u64, DbError> {
        self.db.row(&LAST_CANCEL, args![]).await?.map_or(Ok(0), |row| row.unsigned("value"))
    }

    /// Returns a page of the cancelled targets of an action that were pushed before, and whose devices may therefore
    /// have it, in the order of their ids.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn cancelled_after_push(
        &self,
        task_guid: TaskGuid,
        after: Option<DeviceId>,
        limit: u32,
    ) -> Result<Vec<DeviceId>, DbError> {
        let after = after.map(|device| device.to_string()).unwrap_or_default();
        let rows = self.db.rows(&REACHED, args![task_guid.to_string(), after, limit]).await?;
        rows.iter().map(|row| row.parsed("device")).collect()
    }
}
