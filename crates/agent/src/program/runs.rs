//! The runs of the program: begun for the desk, ended when their time is over, noted for the next start.

use std::{sync::Arc, time::Duration};

use action::{ActionKind, TaskGuid};
use service::{clock, log::ComponentLog};
use tokio::task::{AbortHandle, Id};

use super::{Program, words};
use crate::{
    journal::{Journal, JournalError},
    run::{self, Order, RunLog},
    schedule::Work,
};

/// The note of what runs.
const RUNNING: &str = "running";

/// A run that has begun.
pub(super) struct Running {
    id: Id,
    pub(super) work: Work,
    /// When it is ended, by the boot clock.
    pub(super) until: Duration,
    abort: AbortHandle,
    /// Whether it was ended because its time was over.
    pub(super) late: bool,
}

/// Says what the agent's last end interrupted.
pub(super) fn say_what_was_interrupted(journal: &Journal, log: &ComponentLog) -> Result<(), JournalError> {
    let interrupted = journal.note(RUNNING)?.unwrap_or_default();
    for work in interrupted.split(',').filter_map(Work::named) {
        log.warn(format!("The agent ended while it did {}: it is done again when it is due.", work.name()));
    }
    Ok(())
}

impl Program {
    pub(super) fn begin_run(&mut self, work: Work, tasks: &[TaskGuid]) {
        let log = &self.logs.scheduler;
        let text =
            format!("Sending message for schedule '{}' ({})", words::schedule(work), words::target(work));
        match tasks {
            [] => log.info(&text),
            tasks => tasks
                .iter()
                .for_each(|task| log.about(*task).info(format!("{text} for task {}", task.upper()))),
        }
        let (day, minute) = clock::local_minute();
        let order = Order {
            credentials: Arc::clone(&self.credentials),
            folder: self.config.folder.clone(),
            access: self.config.access.clone(),
            name: self.config.name.clone(),
            generation: self.seen.generation.unwrap_or(0),
            trusted: self.seen.now(clock::boot()),
            unsent: self.seen.unsent.clone(),
            asked: self.asked(tasks),
            may_change: application::any_open(&self.config.windows, day, minute),
            pace: self.config.pace,
            content_limit: self.config.content_limit,
            boot: self.boot_id.to_string(),
            log_folder: self.logs.folder.clone(),
            log: RunLog { log: self.log_of(work), task: tasks.first().copied() },
        };
        let abort = self.runs.spawn(run::run(work, order));
        let until = clock::boot() + work.limit();
        self.running.push(Running { id: abort.id(), work, until, abort, late: false });
        self.note_running();
    }

    /// Returns what tasks ask for, from the journal.
    fn asked(&mut self, tasks: &[TaskGuid]) -> Vec<(TaskGuid, ActionKind, String)> {
        let journal = self.desk.journal();
        let entries = tasks.iter().filter_map(|task| journal.entry(*task).ok().flatten());
        entries.map(|entry| (entry.task_guid, entry.kind, entry.param)).collect()
    }

    fn log_of(&self, work: Work) -> ComponentLog {
        match work {
            Work::Applications => self.logs.applications.clone(),
            Work::MachinePolicy | Work::UserPolicy | Work::Discovery | Work::Credentials | Work::Reports => {
                self.logs.policy.clone()
            }
            Work::Logs | Work::LogLevel => self.logs.scheduler.clone(),
        }
    }

    /// Notes what runs, so that the next start can say what was interrupted.
    fn note_running(&mut self) {
        let mut names: Vec<_> = self.running.iter().map(|running| running.work.name()).collect();
        names.sort_unstable();
        let noted = self.desk.journal().put_note(RUNNING, &names.join(","));
        self.kept("what runs", noted);
    }

    /// Takes a run that ended out of those that run.
    pub(super) fn end_run(&mut self, id: Id) -> Option<Running> {
        let index = self.running.iter().position(|running| running.id == id)?;
        let running = self.running.swap_remove(index);
        self.note_running();
        Some(running)
    }

    /// Ends the runs whose time is over, with all that they started.
    pub(super) fn end_late_runs(&mut self, now: Duration) {
        for running in self.running.iter_mut().filter(|running| !running.late && running.until <= now) {
            running.late = true;
            running.abort.abort();
        }
    }
}
