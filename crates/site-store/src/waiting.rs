//! Targets that wait for their device, and why.

use std::collections::BTreeSet;

use action::{DeviceId, Entry, Event, Hop, Reason, TaskGuid, Timestamp};
use database::{Args, DbError, Row, Statement, Transaction, args, locking, over_list};

use crate::{
    SiteStore,
    fold::{self, Locked, Moved, Moving, moving},
};

/// Which waiting targets of an action a reason is for.
#[derive(Clone, Copy, Debug)]
pub enum Waiters<'a> {
    /// These.
    Devices(&'a [DeviceId]),
    /// Those whose device is not online.
    Offline,
}

const WAITING: Statement = Statement::both(
    "SELECT push_task.device FROM push_task JOIN push_message ON push_message.task_id = push_task.task_id \
     WHERE push_message.task_guid = $1 AND push_task.device > $2 AND push_task.state < 50 \
     ORDER BY push_task.device LIMIT $3",
);
// The devices' tasks first, and their order after that: the other way round, a planner that knows little of the table
// walks through every push message.
const WAITING_FOR: Statement = over_list!(
    ", waiting AS MATERIALIZED (SELECT push_task.device, push_task.task_id FROM x CROSS JOIN push_task \
     WHERE push_task.device = x.v AND push_task.state < 50) \
     SELECT waiting.device, push_message.task_guid FROM waiting CROSS JOIN push_message \
     WHERE push_message.task_id = waiting.task_id ORDER BY push_message.number, waiting.device LIMIT $2"
);
const LOCK: Statement = locking!(
    "SELECT task_id, task_guid, finish_within_seconds FROM push_message WHERE task_guid = $1 AND unfinished > 0"
);
const LOAD: Statement =
    Statement::both(concat!("SELECT ", moving!(), " FROM push_task WHERE task_id = $1 AND state < 50"));
const LOAD_OFFLINE: Statement = Statement::both(concat!(
    "SELECT ",
    moving!(),
    " FROM push_task LEFT JOIN device ON device.device = push_task.device \
     WHERE task_id = $1 AND state < 50 AND coalesce(device.online, 0) = 0"
));

impl SiteStore {
    /// Returns a page of the targets of an action that wait for their device (queued, or sent and not received), in
    /// the order of their ids.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn waiting(
        &self,
        task_guid: TaskGuid,
        after: Option<DeviceId>,
        limit: u32,
    ) -> Result<Vec<DeviceId>, DbError> {
        let after = after.map(|device| device.to_string()).unwrap_or_default();
        let rows = self.db.rows(&WAITING, args![task_guid.to_string(), after, limit]).await?;
        rows.iter().map(|row| row.parsed("device")).collect()
    }

    /// Returns what waits for devices that have just come, the oldest actions first.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn waiting_for(
        &self,
        devices: &[DeviceId],
        limit: u32,
    ) -> Result<Vec<(DeviceId, TaskGuid)>, DbError> {
        let devices: Vec<String> = devices.iter().map(DeviceId::to_string).collect();
        let rows = self.db.rows(&WAITING_FOR, Args::default().set(&devices).with(limit)).await?;
        let pair = |row: &Row| Ok((row.parsed("device")?, row.parsed("task_guid")?));
        rows.iter().map(pair).collect()
    }

    /// Stores what waiting targets of an action wait for, with an event for each that waited for something else
    /// before; a target that was sent and not received is queued again. Returns how many changed; one commit where
    /// any did.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn waiting_because(
        &self,
        task_guid: TaskGuid,
        waiters: Waiters<'_>,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<u64, DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&LOCK, args![task_guid.to_string()]).await? else {
            return Ok(0);
        };
        let message = Locked::read(&row)?;
        let mut targets = load(&mut transaction, message, waiters).await?;
        let event = Event::Queued { reason: Some(reason.clone()) };
        let mut entries = Vec::new();
        for target in &mut targets {
            if target.on(Hop::NotificationServer, &event, None, now) != Moved::Nothing {
                let device = Some(target.device());
                let event = event.clone();
                entries.push(Entry { task_guid, device, hop: Hop::NotificationServer, at: now, event });
            }
        }
        if entries.is_empty() {
            return Ok(0);
        }
        fold::write(&mut transaction, &targets, &entries, now).await?;
        transaction.commit().await?;
        Ok(entries.len() as u64)
    }
}

async fn load(
    transaction: &mut Transaction,
    message: Locked,
    waiters: Waiters<'_>,
) -> Result<Vec<Moving>, DbError> {
    let (statement, only) = match waiters {
        Waiters::Offline => (&LOAD_OFFLINE, None),
        Waiters::Devices(devices) => (&LOAD, Some(devices.iter().collect::<BTreeSet<_>>())),
    };
    let mut targets = Vec::new();
    for row in transaction.rows(statement, args![message.task_id]).await? {
        let target = Moving::read(message, &row)?;
        if only.as_ref().is_none_or(|only| only.contains(&target.device())) {
            targets.push(target);
        }
    }
    Ok(targets)
}
