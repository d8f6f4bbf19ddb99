//! How a device's applications stand, as it reports it.

use action::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    LARGEST_BODY, LONGEST_DETAIL, LONGEST_NAME,
    fit::{NotValid, Text, check, cut},
};

/// The most applications that one report names; a site has fewer.
pub const MOST_APPLICATIONS: usize = 500;

/// Bytes of a report that are not its applications, generously.
const AROUND: usize = 1 << 10;

/// How each application that is deployed to a device stands there.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ApplicationsReport {
    /// The manifest's generation.
    pub generation: u64,
    /// When the run ended, by the device's clock.
    pub at: Timestamp,
    /// The applications, at most [`MOST_APPLICATIONS`].
    pub applications: Vec<ApplicationReport>,
    /// Applications that found no room in the message; what is in trouble comes first.
    #[serde(default)]
    pub omitted: u32,
}

/// How one application stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ApplicationReport {
    /// The application's name.
    pub application: String,
    /// The deployment's id.
    pub deployment: String,
    /// How it stands.
    pub state: ApplicationState,
    /// Why, where that needs words.
    pub detail: String,
}

/// How an application stands on a device, in the order in which an administrator looks for trouble.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// It could not be brought to where its deployment wants it.
    Failed,
    /// It is there once the machine has restarted.
    RestartPending,
    /// Somebody has asked for it, and it will be installed.
    InstallRequested,
    /// It is being installed.
    Installing,
    /// It is not there.
    NotInstalled,
    /// None of its deployment types is for this device.
    RequirementsNotMet,
    /// It may be installed, and nobody has asked for it.
    Available,
    /// It is there.
    Installed,
}

impl ApplicationsReport {
    pub(crate) fn check(&self) -> Result<(), NotValid> {
        if self.applications.len() > MOST_APPLICATIONS {
            return Err(NotValid::TooMany { member: "applications", limit: MOST_APPLICATIONS });
        }
        self.applications.iter().try_for_each(|one| {
            check("application", &one.application, LONGEST_NAME, Text::Line)?;
            check("deployment", &one.deployment, LONGEST_NAME, Text::Line)?;
            check("detail", &one.detail, LONGEST_DETAIL, Text::Lines)
        })
    }

    /// Returns it as it fits the wire: what is in trouble comes first, and what finds no room is counted.
    pub fn fitted(&self) -> Self {
        let mut all: Vec<_> = self.applications.iter().map(ApplicationReport::fitted).collect();
        all.sort_by_key(|one| one.state);
        let mut fitted = Self { applications: Vec::new(), ..self.clone() };
        let mut room = LARGEST_BODY - AROUND;
        for one in all {
            let size = serde_json::to_vec(&one).map_or(usize::MAX, |text| text.len() + 1);
            if size <= room && fitted.applications.len() < MOST_APPLICATIONS {
                room -= size;
                fitted.applications.push(one);
            } else {
                fitted.omitted = fitted.omitted.saturating_add(1);
            }
        }
        fitted
    }
}

impl ApplicationReport {
    fn fitted(&self) -> Self {
        Self {
            application: cut(&self.application, LONGEST_NAME, Text::Line),
            deployment: cut(&self.deployment, LONGEST_NAME, Text::Line),
            state: self.state,
            detail: cut(&self.detail, LONGEST_DETAIL, Text::Lines),
        }
    }
}
