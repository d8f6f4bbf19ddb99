//! What the journal holds.

use action::{ActionKind, PushId, TaskGuid, TaskId, Timestamp};
use device_channel::ReturnCode;

/// A task whose proof was verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Task {
    /// The push that brought it.
    pub(crate) push: Push,
    /// The action.
    pub(crate) task_guid: TaskGuid,
    /// What is asked.
    pub(crate) kind: ActionKind,
    /// `TaskParam`.
    pub(crate) param: String,
    /// When the task is not to begin any more.
    pub(crate) deliver_by: Timestamp,
    /// When it must be answered.
    pub(crate) finish_by: Timestamp,
}

/// One arrival of a task.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Push {
    /// The push.
    pub(crate) push_id: PushId,
    /// The task.
    pub(crate) task_id: TaskId,
    /// The action.
    pub(crate) task_guid: TaskGuid,
}

/// What is known of a task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    /// The action.
    pub(crate) task_guid: TaskGuid,
    /// What is asked.
    pub(crate) kind: ActionKind,
    /// `TaskParam`.
    pub(crate) param: String,
    /// How far it got.
    pub(crate) stage: Stage,
    /// When it must be answered.
    pub(crate) finish_by: Timestamp,
}

/// How far a task got.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Stage {
    /// It has not begun.
    Received,
    /// It has begun; if the agent ends now, it may have been done or not.
    Started,
    /// It was answered.
    Answered(Answer),
}

/// An answer to a task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    /// How it went.
    pub(crate) code: ReturnCode,
    /// Why, in words; empty where there is nothing to say.
    pub(crate) detail: String,
    /// When.
    pub(crate) at: Timestamp,
}

/// An answer that the site has not confirmed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Owed {
    /// The push that it answers.
    pub(crate) push: Push,
    /// Whether the task had come by another push before.
    pub(crate) repeated: bool,
    /// The answer.
    pub(crate) answer: Answer,
}

impl Stage {
    /// Returns the name in the store.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Stage::Received => "received",
            Stage::Started => "started",
            Stage::Answered(_) => "answered",
        }
    }

    pub(super) fn answer(&self) -> Option<&Answer> {
        match self {
            Stage::Answered(answer) => Some(answer),
            Stage::Received | Stage::Started => None,
        }
    }

    pub(super) fn named(name: &str, answer: Option<Answer>) -> Self {
        match (answer, name) {
            (Some(answer), _) => Stage::Answered(answer),
            (None, "received") => Stage::Received,
            // Where in doubt it may have begun.
            (None, _) => Stage::Started,
        }
    }
}
