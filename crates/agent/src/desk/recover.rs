//! How the desk begins: what the journal holds without an answer is run, run again, or answered.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use action::ActionKind;
use device_channel::ReturnCode;

use super::{Desk, Now, Output};
use crate::{
    journal::{Answer, Entry, Journal, JournalError, Stage},
    kind::{Handling, Repeat},
    schedule::{Asked, Schedule, Work},
};

/// What becomes of a task that the agent's end left without an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Recovery {
    Run(Work, Repeat),
    Answer(ReturnCode, &'static str),
}

impl Desk {
    /// Begins with what the journal holds.
    ///
    /// # Errors
    ///
    /// The journal could not be read or written.
    pub(crate) fn new(
        journal: Journal,
        schedule: Schedule,
        handling: fn(ActionKind) -> Handling,
        now: Now,
    ) -> Result<Self, JournalError> {
        let mut desk = Self {
            journal,
            schedule,
            handling,
            held: Vec::new(),
            deadlines: BTreeMap::new(),
            unsaved: Vec::new(),
            save_again: Duration::ZERO,
            tidy: now.boot,
            out: VecDeque::new(),
        };
        for entry in desk.journal.unanswered()? {
            desk.recover(&entry, now)?;
        }
        Ok(desk)
    }

    fn recover(&mut self, entry: &Entry, now: Now) -> Result<(), JournalError> {
        let task = entry.task_guid;
        match recovery(entry, (self.handling)(entry.kind), now) {
            Recovery::Answer(code, detail) => {
                self.journal.answer(&[task], &Answer { code, detail: detail.to_owned(), at: now.wall })
            }
            Recovery::Run(work, repeat) => {
                if repeat == Repeat::Never && self.schedule.tasks_of(work).is_none() {
                    self.journal.start(&[task])?;
                }
                self.deadlines.insert(task, entry.finish_by);
                if self.schedule.ask(work, task) == Asked::Begins {
                    self.out.push_back(Output::Run(work, vec![task]));
                }
                Ok(())
            }
        }
    }
}

fn recovery(entry: &Entry, handling: Handling, now: Now) -> Recovery {
    if entry.finish_by < now.trusted {
        return Recovery::Answer(ReturnCode::FAILED, "the agent was not running until it was too late");
    }
    match (handling, &entry.stage) {
        (Handling::Answer(code, detail), _) => Recovery::Answer(code, detail),
        (Handling::Run(_, Repeat::Never), Stage::Started | Stage::Answered(_)) => {
            Recovery::Answer(ReturnCode::FAILED, "interrupted, not repeated: the agent ended while it ran")
        }
        (Handling::Run(work, repeat), _) => Recovery::Run(work, repeat),
    }
}
