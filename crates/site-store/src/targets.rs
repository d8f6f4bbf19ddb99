//! Where the targets of an action stand.

use action::{DeviceId, PushId, Reason, State, TaskGuid, Timestamp};
use database::{DbError, Row, Statement, args};

use crate::{SiteStore, code};

/// A target of an action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetRow {
    /// The target.
    pub device: DeviceId,
    /// Where it stands.
    pub state: State,
    /// What it waits for.
    pub why: Option<Reason>,
    /// When it last changed.
    pub changed: Timestamp,
    /// The last push that it was in.
    pub push_id: Option<PushId>,
}

const TARGET: Statement = Statement::both(
    "SELECT push_task.device, state, why, changed, push_id FROM push_task \
     JOIN push_message ON push_message.task_id = push_task.task_id WHERE task_guid = $1 AND push_task.device = $2",
);
const TARGETS: Statement = Statement::both(
    "SELECT push_task.device, state, why, changed, push_id FROM push_task \
     JOIN push_message ON push_message.task_id = push_task.task_id WHERE task_guid = $1 AND push_task.device > $2 \
     ORDER BY push_task.device LIMIT $3",
);
const COUNTS: Statement = Statement::both(
    "SELECT state, count(*) AS count FROM push_task \
     JOIN push_message ON push_message.task_id = push_task.task_id WHERE task_guid = $1 GROUP BY state ORDER BY state",
);

impl SiteStore {
    /// Returns a target of an action.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn target(&self, task_guid: TaskGuid, device: DeviceId) -> Result<Option<TargetRow>, DbError> {
        let args = args![task_guid.to_string(), device.to_string()];
        self.db.row(&TARGET, args).await?.as_ref().map(TargetRow::read).transpose()
    }

    /// Returns a page of the targets of an action, in the order of their ids.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn targets(
        &self,
        task_guid: TaskGuid,
        after: Option<DeviceId>,
        limit: u32,
    ) -> Result<Vec<TargetRow>, DbError> {
        let after = after.map(|device| device.to_string()).unwrap_or_default();
        let rows = self.db.rows(&TARGETS, args![task_guid.to_string(), after, limit]).await?;
        rows.iter().map(TargetRow::read).collect()
    }

    /// Returns how many targets of an action stand where, in the order of the states.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn counts(&self, task_guid: TaskGuid) -> Result<Vec<(State, u64)>, DbError> {
        let rows = self.db.rows(&COUNTS, args![task_guid.to_string()]).await?;
        rows.iter().map(|row| Ok((code::state(row)?, row.unsigned("count")?))).collect()
    }
}

impl TargetRow {
    fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            device: row.parsed("device")?,
            state: code::state(row)?,
            why: row.opt_text("why")?.map(|_| row.json("why")).transpose()?,
            changed: Timestamp(row.int("changed")?),
            push_id: row.opt_int("push_id")?.and_then(|push| u64::try_from(push).ok()).map(PushId),
        })
    }
}
