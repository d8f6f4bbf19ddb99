//! How well a person's key is kept: the level of what it may sign.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The level of a key, and the level that a kind of request needs; the lower comes first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The key of a page, whose script comes from the console.
    Web,
    /// The key of a program on the person's own machine.
    Native,
}

/// A text that is no level.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the level is `web` or `native`")]
pub struct NotALevel;

impl Level {
    /// Returns the level's name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Web => "web",
            Level::Native => "native",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = NotALevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "web" => Ok(Level::Web),
            "native" => Ok(Level::Native),
            _ => Err(NotALevel),
        }
    }
}
