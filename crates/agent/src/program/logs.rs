//! The agent's logs, and why it does not run.

use std::path::PathBuf;

use service::{
    lock::LockError,
    log::{Component, ComponentLog, Detailed, LogError, LogSettings},
};
use tokio::task::JoinError;

use crate::{credentials::CredentialsError, journal::JournalError};

/// The agent's logs.
#[derive(Clone, Debug)]
pub struct AgentLogs {
    /// The device channel.
    pub notification: ComponentLog,
    /// What runs when.
    pub scheduler: ComponentLog,
    /// Policy, and what the device believes.
    pub policy: ComponentLog,
    /// Applications.
    pub applications: ComponentLog,
    /// The folder of their files.
    pub folder: PathBuf,
    /// Until when they say more than usual.
    pub detailed: Detailed,
}

/// Why the agent does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its credentials cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Another agent uses the folder.
    #[error("the agent's folder is in use")]
    Lock(#[from] LockError),
    /// Its journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its link ended.
    #[error("the link to the notification server failed")]
    Link(#[source] JoinError),
}

impl AgentLogs {
    /// Opens the agent's log files.
    ///
    /// # Errors
    ///
    /// Says which file cannot be opened.
    pub fn open(settings: &LogSettings) -> Result<Self, LogError> {
        let detailed = Detailed::default();
        let open = |component| Ok(ComponentLog::open(settings, component)?.detailed_by(&detailed));
        Ok(Self {
            notification: open(Component::NOTIFICATION_AGENT)?,
            scheduler: open(Component::SCHEDULER)?,
            policy: open(Component::POLICY_AGENT)?,
            applications: open(Component::APP_INTENT_EVAL)?,
            folder: settings.folder.clone(),
            detailed,
        })
    }
}
