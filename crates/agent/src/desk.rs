//! The desk: takes verified tasks, has them run, and answers. It decides everything between the wire and the work, does
//! no I/O but the journal's, and takes time and dice as arguments.
//!
//! A task is in the journal before it is receipted, an answer is in the journal before it is sent, and an answer is
//! said again at each sign-in until the site confirms it. What a task's push gets to hear is held back for up to
//! [`TOGETHER`], so that an answer that is ready soon goes in one write with the receipt.

mod words;
mod recover;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use action::{ActionKind, PushId, TaskGuid, TaskId, Timestamp};
use device_channel::ReturnCode;

pub(crate) use words::{Now, Outcome, Output, Say};

use crate::{
    journal::{Answer, Journal, JournalError, Owed, Push, Stage, Task},
    kind::{Handling, Repeat},
    schedule::{Asked, Ended, Schedule, Work},
};

/// How long a receipt waits for its answer: an answer within this is one write and one row update at the server.
pub(crate) const TOGETHER: Duration = Duration::from_millis(50);
/// How often an answer that the journal could not take is tried again: a full disk is made free by people.
const SAVE_AGAIN: Duration = Duration::from_secs(10);
/// How often the journal is tidied.
const TIDY: Duration = Duration::from_hours(1);
/// Answers in one write after a sign-in: some 20 KB.
const ANSWERS_AT_ONCE: usize = 64;

/// The desk of one device.
#[derive(Debug)]
pub(crate) struct Desk {
    journal: Journal,
    schedule: Schedule,
    handling: fn(ActionKind) -> Handling,
    /// Receipts that wait for their answers, and until when.
    held: Vec<(Push, Duration)>,
    /// When each open task must be answered.
    deadlines: BTreeMap<TaskGuid, Timestamp>,
    /// Answers that the journal could not take.
    unsaved: Vec<(Vec<TaskGuid>, Answer)>,
    save_again: Duration,
    tidy: Duration,
    out: VecDeque<Output>,
}

impl Desk {
    /// Returns the journal, for notes.
    pub(crate) fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Returns the schedule.
    pub(crate) fn schedule(&mut self) -> &mut Schedule {
        &mut self.schedule
    }

    /// Returns what to do next.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Takes a task whose proof was verified.
    ///
    /// # Errors
    ///
    /// The journal could not be read or written: nothing was taken, and nothing is said.
    pub(crate) fn receive(&mut self, task: Task, now: Now) -> Result<(), JournalError> {
        if self.journal.entry(task.task_guid)?.is_some() {
            return self.receive_again(task.push);
        }
        if task.deliver_by < now.trusted {
            return self.answer_at_once(&task, ReturnCode::EXPIRED, "it came after its deadline", now);
        }
        match (self.handling)(task.kind) {
            Handling::Answer(code, detail) => self.answer_at_once(&task, code, detail, now),
            Handling::Run(work, repeat) => self.have_run(&task, work, repeat, now),
        }
    }

    fn receive_again(&mut self, push: Push) -> Result<(), JournalError> {
        self.journal.again(&push)?;
        let owed = self.journal.owed(Some(&[push.task_guid]))?;
        let answer = owed.into_iter().find(|owed| owed.push == push);
        self.say([Some(Say::Receipt(push)), answer.map(Say::Response)].into_iter().flatten());
        Ok(())
    }

    fn answer_at_once(
        &mut self,
        task: &Task,
        code: ReturnCode,
        detail: &str,
        now: Now,
    ) -> Result<(), JournalError> {
        let answer = Answer { code, detail: detail.to_owned(), at: now.wall };
        self.journal.take(task, &Stage::Answered(answer.clone()))?;
        self.say([Say::Receipt(task.push), Say::Response(Owed { push: task.push, repeated: false, answer })]);
        Ok(())
    }

    fn have_run(&mut self, task: &Task, work: Work, repeat: Repeat, now: Now) -> Result<(), JournalError> {
        let begins = self.schedule.tasks_of(work).is_none();
        let stage = match (begins, repeat) {
            (true, Repeat::Never) => Stage::Started,
            (true, Repeat::Safe) | (false, _) => Stage::Received,
        };
        self.journal.take(task, &stage)?;
        self.deadlines.insert(task.task_guid, task.finish_by);
        match self.schedule.ask(work, task.task_guid) {
            Asked::Begins => {
                self.held.push((task.push, now.boot + TOGETHER));
                self.out.push_back(Output::Run(work, vec![task.task_guid]));
            }
            Asked::Waits => self.say([Say::Receipt(task.push)]),
        }
        Ok(())
    }

    /// A run ended, and answers all its tasks alike.
    pub(crate) fn ended(&mut self, work: Work, outcome: Outcome, now: Now) {
        self.ended_with(work, outcome, Vec::new(), now);
    }

    /// A run ended; some of its tasks have answers of their own.
    pub(crate) fn ended_with(
        &mut self,
        work: Work,
        outcome: Outcome,
        own: Vec<(TaskGuid, Outcome)>,
        now: Now,
    ) {
        let mut served = self.schedule.ended(work, outcome.ended, now.boot, now.unit);
        for (task, outcome) in own {
            // One that was answered meanwhile, because its time was over, keeps that answer.
            if let Some(index) = served.iter().position(|served| *served == task) {
                served.swap_remove(index);
                let answer = Answer { code: outcome.code, detail: outcome.detail, at: now.wall };
                self.conclude(vec![task], answer, now);
            }
        }
        let answer = Answer { code: outcome.code, detail: outcome.detail, at: now.wall };
        self.conclude(served, answer, now);
        self.begin_waiting(work, now);
    }

    /// Begins the run of those who waited for the end of the last one.
    fn begin_waiting(&mut self, work: Work, now: Now) {
        let Some(tasks) = self.schedule.tasks_of(work).map(<[TaskGuid]>::to_vec) else { return };
        let never = |task: &TaskGuid| {
            let entry = self.journal.entry(*task).ok().flatten();
            entry.is_some_and(|entry| matches!((self.handling)(entry.kind), Handling::Run(_, Repeat::Never)))
        };
        let noted: Vec<_> = tasks.iter().copied().filter(never).collect();
        if !noted.is_empty() && self.journal.start(&noted).is_err() {
            // What is not known to have begun must not begin.
            let outcome = Outcome {
                code: ReturnCode::FAILED,
                detail: "the agent's journal could not be written".to_owned(),
                ended: Ended::Badly,
            };
            self.ended(work, outcome, now);
            return;
        }
        self.out.push_back(Output::Run(work, tasks));
    }

    /// Answers tasks: the journal first, then the server.
    fn conclude(&mut self, tasks: Vec<TaskGuid>, answer: Answer, now: Now) {
        if tasks.is_empty() {
            return;
        }
        for task in &tasks {
            self.deadlines.remove(task);
        }
        if self.journal.answer(&tasks, &answer).is_err() {
            self.save_again = now.boot + SAVE_AGAIN;
            self.unsaved.push((tasks, answer));
            return;
        }
        // An answer that cannot be read back now is read at the next sign-in.
        let owed = self.journal.owed(Some(&tasks)).unwrap_or_default();
        let mut words = Vec::new();
        for owed in owed {
            if let Some(index) = self.held.iter().position(|(push, _)| *push == owed.push) {
                words.push(Say::Receipt(self.held.swap_remove(index).0));
            }
            words.push(Say::Response(owed));
        }
        self.say(words);
    }

    /// Does what is due: receipts, deadlines, cycles, what could not be saved.
    pub(crate) fn on_time(&mut self, now: Now) {
        let (due, held) = self.held.iter().partition::<Vec<(Push, Duration)>, _>(|(_, at)| *at <= now.boot);
        self.held = held;
        self.say(due.into_iter().flat_map(|(push, _)| [Say::Receipt(push), Say::Progress(push)]));

        let late: Vec<_> =
            self.deadlines.iter().filter(|(_, by)| **by < now.trusted).map(|(task, _)| *task).collect();
        for task in late {
            let detail = if self.schedule.waits(task) {
                "it did not begin in time: an earlier run of its kind has not ended"
            } else {
                "it did not finish in time"
            };
            self.schedule.forget(task);
            self.conclude(
                vec![task],
                Answer { code: ReturnCode::FAILED, detail: detail.to_owned(), at: now.wall },
                now,
            );
        }

        if !self.unsaved.is_empty() && self.save_again <= now.boot {
            for (tasks, answer) in std::mem::take(&mut self.unsaved) {
                self.conclude(tasks, answer, now);
            }
        }
        if self.tidy <= now.boot && self.journal.forget(now.trusted).is_ok() {
            self.tidy = now.boot + TIDY;
        }
        for work in self.schedule.due(now.boot) {
            self.out.push_back(Output::Run(work, Vec::new()));
        }
    }

    /// Returns when [`Desk::on_time`] next has something to do, by the boot clock.
    pub(crate) fn poll_timeout(&self, now: Now) -> Duration {
        let deadline = self
            .deadlines
            .values()
            .min()
            .map(|by| now.boot + by.since(now.trusted) + Duration::from_millis(1));
        let unsaved = (!self.unsaved.is_empty()).then_some(self.save_again);
        let held = self.held.iter().map(|(_, at)| *at).min();
        [deadline, unsaved, held, self.schedule.next_due()]
            .into_iter()
            .flatten()
            .fold(self.tidy.max(now.boot + SAVE_AGAIN), Duration::min)
    }

    /// The server took the sign-in: what is owed is said again.
    ///
    /// # Errors
    ///
    /// The journal could not be read.
    pub(crate) fn signed_in(&mut self) -> Result<(), JournalError> {
        for owed in self.journal.owed(None)?.chunks(ANSWERS_AT_ONCE) {
            self.say(owed.iter().cloned().map(Say::Response));
        }
        Ok(())
    }

    /// The server has these answers.
    ///
    /// # Errors
    ///
    /// The journal could not be written: they are said again after the next sign-in.
    pub(crate) fn confirmed(&mut self, pairs: &[(PushId, TaskId)]) -> Result<(), JournalError> {
        self.journal.confirm(pairs)
    }

    /// The action was cancelled. What has begun goes on to its end, and its answer comes late.
    pub(crate) fn cancelled(&mut self, task: TaskGuid, now: Now) {
        if self.schedule.waits(task) {
            self.schedule.forget(task);
            let detail = "it was cancelled before it began".to_owned();
            self.conclude(vec![task], Answer { code: ReturnCode::FAILED, detail, at: now.wall }, now);
        }
    }

    fn say(&mut self, words: impl IntoIterator<Item = Say>) {
        let words: Vec<_> = words.into_iter().collect();
        if !words.is_empty() {
            self.out.push_back(Output::Say(words));
        }
    }
}
