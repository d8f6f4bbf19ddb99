//! How an application stands on a device, in the field's words.

use std::fmt;

/// How an application stands on a device.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum AppState {
    /// It may be installed, and nobody has asked for it.
    Available,
    /// It is there, as its deployment wants it.
    Installed,
    /// It is being installed.
    Installing,
    /// Somebody has asked for it, and it will be installed.
    InstallRequested,
    /// It could not be brought to where its deployment wants it.
    Failed,
    /// None of its deployment types is for this device.
    RequirementsNotMet,
    /// It is not there; where it is required, it will be.
    NotInstalled,
    /// It is there once the machine has restarted.
    RestartPending,
}

impl AppState {
    /// All states, in the order in which an administrator looks for trouble.
    pub const ALL: [AppState; 8] = [
        AppState::Failed,
        AppState::RestartPending,
        AppState::InstallRequested,
        AppState::Installing,
        AppState::NotInstalled,
        AppState::RequirementsNotMet,
        AppState::Available,
        AppState::Installed,
    ];

    /// Returns the word for people, which is the field's.
    pub fn title(self) -> &'static str {
        match self {
            AppState::Available => "Available",
            AppState::Installed => "Installed",
            AppState::Installing => "Installing",
            AppState::InstallRequested => "Install requested",
            AppState::Failed => "Failed",
            AppState::RequirementsNotMet => "Requirements not met",
            AppState::NotInstalled => "Not installed",
            AppState::RestartPending => "Restart pending",
        }
    }
}

impl fmt::Display for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}
