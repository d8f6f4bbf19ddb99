//! Named checks of what a program needs of its machine, for `tenon doctor`, `tenon-agent doctor` and the connector's health:
//! what was found, and what to do about it.

mod machine;
mod certificate;

use serde::Serialize;

pub use certificate::{Fixes, certificate_life, life, shown_life};
pub use machine::{disk, host_and_port, is_sqlite, listening, local, permissions, proxy, reached, resolves};

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing is wrong.
    Good,
    /// It works, and will not for long, or not well.
    Warning,
    /// It does not work.
    Failed,
}

impl Outcome {
    /// Returns the word that is printed.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Good => "ok",
            Outcome::Warning => "warning",
            Outcome::Failed => "FAILED",
        }
    }
}

/// A check and what it found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// Its name, stable for scripts.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// What to do where it is not good.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub fix: &'static str,
}

/// Nothing is wrong.
pub fn good(name: &'static str, found: impl Into<String>) -> Check {
    Check { name, outcome: Outcome::Good, found: found.into(), fix: "" }
}

/// It will not work for long, or not well.
pub fn warning(name: &'static str, found: impl Into<String>, fix: &'static str) -> Check {
    Check { name, outcome: Outcome::Warning, found: found.into(), fix }
}

/// It does not work.
pub fn failed(name: &'static str, found: impl Into<String>, fix: &'static str) -> Check {
    Check { name, outcome: Outcome::Failed, found: found.into(), fix }
}
