//! What there is to read of one device, and what a dry run needs to know of all.

use action::{ActionKind, DeviceId, ResourceId, State, TaskGuid, Timestamp};
use database::{DbError, Statement, args};

use crate::{SiteStore, code};

/// A task of a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DeviceTaskRow {
    /// The action.
    pub task_guid: TaskGuid,
    /// What it does.
    pub kind: ActionKind,
    /// Where it stands for the device.
    pub state: State,
    /// When that last changed.
    pub changed: Timestamp,
}

const SERVER: Statement = Statement::both("SELECT server FROM device WHERE device = $1");
// The newest actions first: of those, the ones that have the device.
const TASKS: Statement = Statement::both(
    "SELECT recent.task_guid, recent.kind, push_task.state, push_task.changed FROM \
     (SELECT task_id, task_guid, kind, number FROM push_message ORDER BY number DESC LIMIT $2) AS recent \
     JOIN push_task ON push_task.task_id = recent.task_id AND push_task.device = $1 \
     ORDER BY recent.number DESC",
);
const ONLINE: Statement =
    Statement::both("SELECT resource FROM device WHERE online = 1 ORDER BY resource LIMIT $1");
// The first bound is the index of waiting targets; the second leaves out what was sent.
const AHEAD: Statement = Statement::both(
    "SELECT count(*) AS ahead FROM push_task JOIN device ON device.device = push_task.device \
     WHERE push_task.state < 50 AND push_task.state < 40 AND device.online = 1",
);

impl SiteStore {
    /// Returns the notification server that a device is connected to, or was last.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn server_of(&self, device: DeviceId) -> Result<Option<String>, DbError> {
        match self.db.row(&SERVER, args![device.to_string()]).await? {
            Some(row) => Ok(row.opt_text("server")?.map(str::to_owned)),
            None => Ok(None),
        }
    }

    /// Returns the tasks that a device has among the site's last `actions` actions, the newest first.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn device_tasks(&self, device: DeviceId, actions: u32) -> Result<Vec<DeviceTaskRow>, DbError> {
        let rows = self.db.rows(&TASKS, args![device.to_string(), actions]).await?;
        rows.iter()
            .map(|row| {
                Ok(DeviceTaskRow {
                    task_guid: row.parsed("task_guid")?,
                    kind: ActionKind(u32::try_from(row.unsigned("kind")?).unwrap_or_default()),
                    state: code::state(row)?,
                    changed: Timestamp(row.int("changed")?),
                })
            })
            .collect()
    }

    /// Returns the site's numbers of devices that are online, `limit` at most.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn online_resources(&self, limit: u32) -> Result<Vec<ResourceId>, DbError> {
        let rows = self.db.rows(&ONLINE, args![limit]).await?;
        rows.iter().map(|row| Ok(ResourceId(row.unsigned("resource")?))).collect()
    }

    /// Returns how many tasks wait to be sent to devices that are online.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn tasks_ahead(&self) -> Result<u64, DbError> {
        match self.db.row(&AHEAD, args![]).await? {
            Some(row) => row.unsigned("ahead"),
            None => Ok(0),
        }
    }
}
