//! Why a call of the API did not do what was asked.

use crate::Problem;

/// Why a call of the API did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The console answered that it does not, and why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The console could not be reached, or its answer did not come.
    #[error("failed to {attempt}")]
    Failed {
        /// What was attempted, such as `GET https://console.example/api/v1/me`.
        attempt: String,
        /// Why.
        source: reqwest::Error,
    },
    /// Something answered that is no console, or one of another version.
    #[error("the answer to {attempt} is none of a Tenon console (status {status})")]
    NotAConsole {
        /// What was attempted.
        attempt: String,
        /// The HTTP status.
        status: u16,
    },
    /// The client cannot be made of what was given.
    #[error("cannot use {what}")]
    NotUsable {
        /// What.
        what: String,
    },
}

impl ClientError {
    /// Returns what the console said, where it said anything.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            ClientError::Refused(problem) => Some(problem),
            ClientError::Failed { .. } | ClientError::NotAConsole { .. } | ClientError::NotUsable { .. } => {
                None
            }
        }
    }

    /// Returns whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            ClientError::Refused(problem) => matches!(problem.status, 408 | 429 | 502 | 503 | 504),
            ClientError::Failed { .. } => true,
            ClientError::NotAConsole { status, .. } => matches!(status, 502..=504),
            ClientError::NotUsable { .. } => false,
        }
    }
}
