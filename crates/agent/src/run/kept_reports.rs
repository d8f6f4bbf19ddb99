//! What the last runs of machine and user policy found. The site keeps one report of a device, so that each run sends
//! the newest of both.

use std::path::{Path, PathBuf};

use management_link::ResourceReport;

use crate::keep;

const FOLDER: &str = "compliance";

/// Whose policy a report is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Whose {
    Machine,
    Users,
}

impl Whose {
    fn file(self) -> &'static str {
        match self {
            Whose::Machine => "machine",
            Whose::Users => "users",
        }
    }

    fn other(self) -> Self {
        match self {
            Whose::Machine => Whose::Users,
            Whose::Users => Whose::Machine,
        }
    }
}

/// Keeps a report, and returns it with the last one of the other kind. One that cannot be kept or read is left out of
/// later reports until its own run.
pub(super) fn with_the_other(
    agent_folder: &Path,
    whose: Whose,
    resources: &[ResourceReport],
) -> Vec<ResourceReport> {
    let folder = agent_folder.join(FOLDER);
    let path = |whose: Whose| -> PathBuf { folder.join(whose.file()) };
    if let Ok(text) = serde_json::to_vec(resources)
        && keep::private_folder(&folder).is_ok()
    {
        let _ = keep::write(&path(whose), &text);
    }
    let other = keep::read(&path(whose.other())).ok().flatten();
    let other: Option<Vec<ResourceReport>> = other.and_then(|text| serde_json::from_str(&text).ok());
    let mut all = resources.to_vec();
    all.extend(other.unwrap_or_default());
    all
}
