//! The work itself: what a run does, one file for each kind. A run takes a copy of what it needs and returns what it
//! learned; it decides nothing about when it runs or whom it answers.

mod download;
mod machine_policy;
mod user_policy;
mod applications;
mod documents;
mod kept_reports;
mod discovery;
mod credentials;
mod reports;
mod logs;
mod log_level;

pub(crate) use log_level::bounded;

use std::{fmt, path::PathBuf, sync::Arc};

use action::{ActionKind, TaskGuid, Timestamp};
use device_channel::ReturnCode;
use management_link::StateMessage;
use policy::Access;
use service::log::ComponentLog;

use crate::{
    child::Pace,
    credentials::Credentials,
    desk::Outcome,
    schedule::{Ended, Work},
};

/// What a run is given.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// What the device believes and shows.
    pub(crate) credentials: Arc<Credentials>,
    /// The agent's folder.
    pub(crate) folder: PathBuf,
    /// What policy may use and change.
    pub(crate) access: Access,
    /// The device's name, where the configuration gives one.
    pub(crate) name: Option<String>,
    /// The highest generation of a manifest that was seen.
    pub(crate) generation: u64,
    /// The trusted time.
    pub(crate) trusted: Timestamp,
    /// A state message that has not reached the site.
    pub(crate) unsent: Option<StateMessage>,
    /// The tasks that the run serves, with their parameters.
    pub(crate) asked: Vec<(TaskGuid, ActionKind, String)>,
    /// Whether the machine may be changed now: a maintenance window is open, or there are none.
    pub(crate) may_change: bool,
    /// How much a program that is run may take from others.
    pub(crate) pace: Pace,
    /// Bytes of content that are kept at most.
    pub(crate) content_limit: u64,
    /// The machine's boot.
    pub(crate) boot: String,
    /// The folder of the agent's logs.
    pub(crate) log_folder: PathBuf,
    /// The policy agent's log.
    pub(crate) log: RunLog,
}

/// The log of a run: its lines carry the action that asked for it, the first of them where there are several.
#[derive(Clone, Debug)]
pub(crate) struct RunLog {
    pub(crate) log: ComponentLog,
    pub(crate) task: Option<TaskGuid>,
}

impl RunLog {
    #[track_caller]
    fn info(&self, text: impl fmt::Display) {
        match self.task {
            Some(task) => self.log.about(task).info(text),
            None => self.log.info(text),
        }
    }

    #[track_caller]
    fn detail(&self, text: impl fmt::Display) {
        match self.task {
            Some(task) => self.log.about(task).detail(text),
            None => self.log.detail(text),
        }
    }

    #[track_caller]
    fn warn(&self, text: impl fmt::Display) {
        match self.task {
            Some(task) => self.log.about(task).warn(text),
            None => self.log.warn(text),
        }
    }

    #[track_caller]
    fn error(&self, text: impl fmt::Display) {
        match self.task {
            Some(task) => self.log.about(task).error(text),
            None => self.log.error(text),
        }
    }

    fn moment(&self, at: Timestamp) -> String {
        self.log.moment(at)
    }
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Report {
    /// What was done.
    pub(crate) work: Work,
    /// What the desk makes of it.
    pub(crate) outcome: Outcome,
    /// Tasks that have an answer of their own.
    pub(crate) answers: Vec<(TaskGuid, Outcome)>,
    /// A manifest's generation.
    pub(crate) generation: Option<u64>,
    /// A moment that the site has signed.
    pub(crate) site_time: Option<Timestamp>,
    /// A state message that did not reach the site: it is kept and sent again.
    pub(crate) unsent: Option<StateMessage>,
    /// Whether the state message that was kept has reached the site.
    pub(crate) sent: bool,
    /// New credentials.
    pub(crate) credentials: Option<Box<Credentials>>,
    /// Until when the logs are to be detailed, where somebody has said so.
    pub(crate) detailed: Option<Timestamp>,
    /// Whether something came that a newer trust document may explain.
    pub(crate) doubt: Doubt,
}

/// Whether the device may believe the wrong keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Doubt {
    No,
    /// Something was signed by a key that the trust document does not name.
    Keys,
}

impl Report {
    fn new(work: Work, outcome: Outcome) -> Self {
        Self {
            work,
            outcome,
            answers: Vec::new(),
            generation: None,
            site_time: None,
            unsent: None,
            sent: false,
            credentials: None,
            detailed: None,
            doubt: Doubt::No,
        }
    }

    /// Reports a run that could not do its work now.
    fn failed(work: Work, why: impl Into<String>) -> Self {
        Self::new(work, Outcome { code: ReturnCode::FAILED, detail: why.into(), ended: Ended::Badly })
    }
}

/// Does a piece of work.
pub(crate) async fn run(work: Work, order: Order) -> Report {
    match work {
        Work::MachinePolicy => machine_policy::run(order).await,
        Work::UserPolicy => user_policy::run(order).await,
        Work::Applications => applications::run(order).await,
        Work::Discovery => discovery::run(&order).await,
        Work::Credentials => credentials::run(&order).await,
        Work::Reports => reports::run(order).await,
        Work::Logs => logs::run(order).await,
        Work::LogLevel => log_level::run(&order),
    }
}
