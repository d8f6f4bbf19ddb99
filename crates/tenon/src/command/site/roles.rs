//! The roles of a site.

use std::fmt;

/// A role that a process of a site can have.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, clap::ValueEnum)]
pub(crate) enum SiteRole {
    /// Decides and signs; a process of its own
    Authority,
    /// Links the site to its console
    Connector,
    /// Holds the agents' connections and pushes tasks
    Notifier,
    /// Enrols devices and serves policy
    ManagementPoint,
}

impl SiteRole {
    /// All roles.
    pub(crate) const ALL: [SiteRole; 4] =
        [SiteRole::Authority, SiteRole::Connector, SiteRole::Notifier, SiteRole::ManagementPoint];
}

impl fmt::Display for SiteRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SiteRole::Authority => "authority",
            SiteRole::Connector => "connector",
            SiteRole::Notifier => "notifier",
            SiteRole::ManagementPoint => "management-point",
        })
    }
}
