//! What the journal holds.

use action::{ActionKind, PushId, TaskGuid, TaskId, Timestamp};

/// A task whose proof was verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Task {
    /// The push that brought it.
    pub push: Push,
    /// The action.
    pub task_guid: TaskGuid,
    /// What is asked.
    pub kind: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// When the task is not to begin any more.
    pub deliver_by: Timestamp,
    /// When it must be answered.
    pub finish_by: Timestamp,
}

/// One arrival of a task.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Push {
    /// The push.
    pub push_id: PushId,
    /// The task.
    pub task_id: TaskId,
    /// The action.
    pub task_guid: TaskGuid,
}

/// What is known of a task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The action.
    pub task_guid: TaskGuid,
    /// What is asked.
    pub kind: ActionKind,
    /// `TaskParam`.
    pub param: String,
    /// How far it got.
    pub stage: Stage,
    /// When it must be answered.
    pub finish_by: Timestamp,
}

/// How far a task got.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stage {
    /// It has not begun.
    Received,
    /// It has begun; if the agent ends now, it may have been done or not.
    Started,
    /// It was answered.
    Answered(Answer),
}

/// An answer to a task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// How it went.
    pub code: ReturnCode,
    /// Why, in words; empty where there is nothing to say.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// An answer that the site has not confirmed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owed {
    /// The push that it answers.
    pub push: Push,
    /// Whether the task had come by another push before.
    pub repeated: bool,
    /// The answer.
    pub answer: Answer,
}

/// The `ReturnCode` of an answer. 1 is the field's; the others are Tenon's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReturnCode {
    /// It failed; the detail says why.
    Failed,
    /// It was done.
    Done,
    /// This agent does not know the type.
    NotSupported,
    /// It came too late to begin.
    Expired,
    /// The agent's check refused it.
    Refused,
}

impl ReturnCode {
    /// Returns the number on the wire.
    pub fn number(self) -> i32 {
        match self {
            ReturnCode::Failed => 0,
            ReturnCode::Done => 1,
            ReturnCode::NotSupported => 2,
            ReturnCode::Expired => 3,
            ReturnCode::Refused => 5,
        }
    }

    /// Returns the code of a number; one that is not known is a failure.
    pub fn from_number(number: i32) -> Self {
        [ReturnCode::Done, ReturnCode::NotSupported, ReturnCode::Expired, ReturnCode::Refused]
            .into_iter()
            .find(|code| code.number() == number)
            .unwrap_or(ReturnCode::Failed)
    }
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
