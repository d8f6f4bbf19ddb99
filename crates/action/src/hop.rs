//! The hops that an action passes.

use serde::{Deserialize, Serialize};

/// A part of the system that an action passes through, in the order of the path.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hop {
    /// The admin center: an admin asks.
    AdminCenter,
    /// The site's service connector: the site takes it.
    ServiceConnector,
    /// The site authority: the site decides and signs.
    Authority,
    /// The notification server: the device hears it.
    NotificationServer,
    /// The agent on the device: the device does it.
    Agent,
}

impl Hop {
    /// All hops, in the order of the path.
    pub const ALL: [Hop; 5] =
        [Hop::AdminCenter, Hop::ServiceConnector, Hop::Authority, Hop::NotificationServer, Hop::Agent];

    /// Returns the name that wires and stores use.
    pub fn name(self) -> &'static str {
        match self {
            Hop::AdminCenter => "admin_center",
            Hop::ServiceConnector => "service_connector",
            Hop::Authority => "authority",
            Hop::NotificationServer => "notification_server",
            Hop::Agent => "agent",
        }
    }

    /// Returns the hop of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hop| hop.name() == name)
    }
}
