//! One line of a log, before it is framed.

use std::{cell::Cell, panic::Location};

use action::{TaskGuid, Timestamp};

use super::Component;

/// How grave a line is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// What is only of use to who looks for the cause of something: written while a program's logs are detailed.
    Detail,
    /// What happens.
    Info,
    /// Something went wrong and is dealt with.
    Warning,
    /// Something went wrong and needs somebody.
    Error,
}

/// One line of a log.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub component: Component,
    /// How grave it is.
    pub severity: Severity,
    /// The thread that wrote it, as the kernel numbers it.
    pub thread: i32,
    /// The text, escaped.
    pub text: String,
    /// The action that it is about.
    pub task_guid: Option<TaskGuid>,
    /// What JSON logs carry beside the text.
    pub fields: Vec<(&'static str, String)>,
    /// The place in the source that wrote it.
    pub place: &'static Location<'static>,
}

impl Severity {
    /// Returns the word that JSON logs use.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Detail => "debug",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// Returns the number that the field's client logs use.
    pub fn number(self) -> u8 {
        match self {
            // The field's tools know three types.
            Severity::Detail | Severity::Info => 1,
            Severity::Warning => 2,
            Severity::Error => 3,
        }
    }
}

impl Line {
    /// Returns a warning by the log about itself, at the same moment.
    pub(super) fn note(&self, text: &str) -> Self {
        let text = text.to_owned();
        Self { severity: Severity::Warning, text, task_guid: None, fields: Vec::new(), ..self.clone() }
    }

    /// Returns the source file's name and line, such as `push.rs:42`.
    pub(super) fn source(&self) -> String {
        let file = self.place.file().rsplit('/').next().unwrap_or_default();
        format!("{file}:{}", self.place.line())
    }
}

/// Returns the number of the current thread.
pub(super) fn thread() -> i32 {
    thread_local! {
        static NUMBER: Cell<Option<i32>> = const { Cell::new(None) };
    }
    NUMBER.with(|number| match number.get() {
        Some(known) => known,
        None => {
            let asked = rustix::thread::gettid().as_raw_nonzero().get();
            number.set(Some(asked));
            asked
        }
    })
}
