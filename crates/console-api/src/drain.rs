//! How fast the push of an action reaches the devices that are online.

use action::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// How the push of an action drains at the notification servers of its site, as they told it last.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ActionDrain {
    /// Clients that were online for it.
    pub clients: u64,
    /// Clients that it was handed to.
    pub sent: u64,
    /// After how many seconds the last of them was expected to have it; of several servers the slowest.
    pub predicted_seconds: f64,
    /// How many seconds it has run; where it is through, how many it took. Of several servers the slowest.
    pub elapsed_seconds: f64,
    /// Whether all those clients have it.
    pub through: bool,
    /// What each notification server told. Empty where the push was to a few devices, and over before it was told of.
    pub servers: Vec<ServerDrain>,
}

/// How one notification server drains a push.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ServerDrain {
    /// The notification server.
    pub server: String,
    /// When it told this.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
    /// The throttle that the push passes: 0 none, 1 a steady rate, 2 a window, 3 a spread.
    pub strategy: u32,
    /// Clients a second, unanswered tasks, or seconds.
    pub param: u32,
    /// Clients of this server that were online for it.
    pub clients: u64,
    /// Clients that it was handed to.
    pub sent: u64,
    /// Tasks of other pushes that were ahead of it at the same throttle.
    pub ahead: u64,
    /// After how many seconds the last of them was expected to have it, when it began or its throttle was changed.
    pub predicted_seconds: f64,
    /// How many seconds it has run; where it is through, how many it took.
    pub elapsed_seconds: f64,
    /// Whether all those clients have it.
    pub through: bool,
}

impl From<Vec<ServerDrain>> for ActionDrain {
    fn from(servers: Vec<ServerDrain>) -> Self {
        let slowest = |of: fn(&ServerDrain) -> f64| servers.iter().map(of).fold(0.0, f64::max);
        Self {
            clients: servers.iter().map(|server| server.clients).sum(),
            sent: servers.iter().map(|server| server.sent).sum(),
            predicted_seconds: slowest(|server| server.predicted_seconds),
            elapsed_seconds: slowest(|server| server.elapsed_seconds),
            through: servers.iter().all(|server| server.through),
            servers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(sent: u64, predicted: f64, elapsed: f64, through: bool) -> ServerDrain {
        ServerDrain {
            server: "n1".into(),
            at: Timestamp(0),
            strategy: 1,
            param: 42,
            clients: 100,
            sent,
            ahead: 0,
            predicted_seconds: predicted,
            elapsed_seconds: elapsed,
            through,
        }
    }

    #[test]
    fn the_slowest_server_says_when_a_push_is_through() {
        let both = ActionDrain::from(vec![server(100, 2.4, 2.5, true), server(40, 3.0, 1.0, false)]);
        assert_eq!((both.clients, both.sent, both.through), (200, 140, false));
        assert_eq!((both.predicted_seconds, both.elapsed_seconds), (3.0, 2.5));
        let none = ActionDrain::from(Vec::new());
        assert_eq!((none.clients, none.through), (0, true));
    }
}
