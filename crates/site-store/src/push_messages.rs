//! Push messages, as the notification servers take them.

use action::{ActionKind, Clocks, OfflinePolicy, TaskGuid, TaskId, Timestamp};
use database::{DbError, Row, Statement, args, over_set};
use serde::Serialize;

use crate::{SiteStore, code::offline_policy};

/// A push message: an action on its way to its devices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PushMessage {
    /// Grows from message to message, in the order of their commits.
    pub number: u64,
    /// The action.
    pub task_guid: TaskGuid,
    /// The site's number for it.
    pub task_id: TaskId,
    /// What is asked.
    pub kind: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// The two clocks.
    pub clocks: Clocks,
    /// What happens to targets that are offline.
    pub offline: OfflinePolicy,
    /// How many devices it is aimed at.
    pub targets: u64,
    /// How many of them have not ended.
    pub unfinished: u64,
    /// When it was forwarded.
    pub forwarded_at: Timestamp,
}

/// The columns that [`PushMessage`] reads.
macro_rules! columns {
    () => {
        "number, task_guid, push_message.task_id, kind, param, deliver_by, finish_within_seconds, offline, targets, \
         unfinished, forwarded_at"
    };
}

const NEXT: Statement = Statement::both(concat!(
    "SELECT ",
    columns!(),
    " FROM push_message WHERE unfinished > 0 AND number > $1 ORDER BY number LIMIT 1"
));
const OPEN: Statement = Statement::both(concat!(
    "SELECT ",
    columns!(),
    " FROM push_message WHERE unfinished > 0 AND number > $1 ORDER BY number LIMIT $2"
));
const ONE: Statement =
    Statement::both(concat!("SELECT ", columns!(), " FROM push_message WHERE task_guid = $1"));
const OF_TASKS: Statement = over_set!(
    (t BIGINT) "SELECT task_id, task_guid FROM push_message WHERE task_id IN (SELECT t FROM x) ORDER BY task_id"
);
const BY_PUSH: Statement = Statement::both(concat!(
    "SELECT ",
    columns!(),
    " FROM push JOIN push_message ON push_message.task_id = push.task_id WHERE push_id = $1"
));
const OF_PUSH: Statement = Statement::both(
    "SELECT task_guid FROM push JOIN push_message ON push_message.task_id = push.task_id \
     WHERE push_id = $1 AND push.task_id = $2",
);

impl SiteStore {
    /// Returns the first push message with a number above `after` that has targets which have not ended.
    ///
    /// Each notification server keeps its own place in the order, in memory: taking a message costs no commit, several
    /// servers each push to their own devices, and one that starts anew begins at 0 and misses nothing.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn next_push_message(&self, after: u64) -> Result<Option<PushMessage>, DbError> {
        self.db.row(&NEXT, args![after]).await?.as_ref().map(PushMessage::read).transpose()
    }

    /// Returns a page of the push messages that have targets which have not ended, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn open_push_messages(&self, after: u64, limit: u32) -> Result<Vec<PushMessage>, DbError> {
        self.db.rows(&OPEN, args![after, limit]).await?.iter().map(PushMessage::read).collect()
    }

    /// Returns the push message of an action.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn push_message(&self, task_guid: TaskGuid) -> Result<Option<PushMessage>, DbError> {
        self.db.row(&ONE, args![task_guid.to_string()]).await?.as_ref().map(PushMessage::read).transpose()
    }

    /// Returns the push message of one push, by the number that log lines and answers name.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn push_message_of(&self, push: action::PushId) -> Result<Option<PushMessage>, DbError> {
        self.db.row(&BY_PUSH, args![push.0]).await?.as_ref().map(PushMessage::read).transpose()
    }

    /// Returns the actions with these task numbers: a device's answer names its task so.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn tasks_of(&self, tasks: &[TaskId]) -> Result<Vec<(TaskId, TaskGuid)>, DbError> {
        #[derive(Serialize)]
        struct Task {
            t: u64,
        }
        let tasks: Vec<Task> = tasks.iter().map(|task| Task { t: task.0 }).collect();
        let rows = self.db.rows(&OF_TASKS, database::Args::default().set(&tasks)).await?;
        rows.iter().map(|row| Ok((TaskId(row.unsigned("task_id")?), row.parsed("task_guid")?))).collect()
    }

    /// Returns the action that was pushed under these two numbers, as far as [`SiteStore::record`] has been told.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn task_of_push(
        &self,
        push: action::PushId,
        task: TaskId,
    ) -> Result<Option<TaskGuid>, DbError> {
        let row = self.db.row(&OF_PUSH, args![push.0, task.0]).await?;
        row.map(|row| row.parsed("task_guid")).transpose()
    }
}

impl PushMessage {
    pub(crate) fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            number: row.unsigned("number")?,
            task_guid: row.parsed("task_guid")?,
            task_id: TaskId(row.unsigned("task_id")?),
            kind: ActionKind(u32::try_from(row.int("kind")?).unwrap_or_default()),
            param: row.text("param")?.to_owned(),
            clocks: Clocks {
                deliver_by: Timestamp(row.int("deliver_by")?),
                finish_within_seconds: u32::try_from(row.int("finish_within_seconds")?).unwrap_or(u32::MAX),
            },
            offline: offline_policy(row)?,
            targets: row.unsigned("targets")?,
            unfinished: row.unsigned("unfinished")?,
            forwarded_at: Timestamp(row.int("forwarded_at")?),
        })
    }
}
