//! What the notification server is told at its start.

use std::{net::SocketAddr, time::Duration};

use device_channel::{KEEP_ALIVE_EVERY, SHORTEST_KEEP_ALIVE};
use service::metrics::Metrics;

use crate::throttle::LiveThrottles;

/// The settings, as whoever starts the notification server has read them.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where devices connect by TCP.
    pub listen: SocketAddr,
    /// Where devices connect by WebSocket; none where that way is not offered.
    pub websocket_listen: Option<SocketAddr>,
    /// The server's name in the site's store. Two servers of one site have different ones.
    pub name: String,
    /// How fast tasks are pushed. May be changed while the server runs.
    pub throttle: LiveThrottles,
    /// How often a device says that it is there.
    pub keep_alive: Duration,
    /// The most devices at a time. More are told to come back.
    pub max_connections: usize,
    /// Where counters are kept.
    pub metrics: Metrics,
}

/// A setting that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{key}` {what}")]
pub struct ConfigError {
    /// The setting.
    pub key: &'static str,
    /// What is wrong with it, and what would be right.
    pub what: String,
}

impl Config {
    /// The port of the device channel.
    pub const PORT: u16 = 10123;

    /// The most devices unless told otherwise: 100,000 idle connections take some 1.2 GB.
    pub const MAX_CONNECTIONS: usize = 100_000;

    /// Makes the default settings.
    pub fn new(listen: SocketAddr, name: impl Into<String>) -> Self {
        Self {
            listen,
            websocket_listen: None,
            name: name.into(),
            throttle: LiveThrottles::default(),
            keep_alive: KEEP_ALIVE_EVERY,
            max_connections: Self::MAX_CONNECTIONS,
            metrics: Metrics::new(),
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// Names the setting that cannot be used.
    pub fn check(&self) -> Result<(), ConfigError> {
        let longest = SHORTEST_KEEP_ALIVE * 360;
        if self.keep_alive < SHORTEST_KEEP_ALIVE || self.keep_alive > longest {
            let what = format!(
                "is {} s; take {} to {} s",
                self.keep_alive.as_secs(),
                SHORTEST_KEEP_ALIVE.as_secs(),
                longest.as_secs()
            );
            return Err(ConfigError { key: "keep_alive", what });
        }
        if self.max_connections == 0 {
            return Err(ConfigError { key: "max_connections", what: "is 0; take 1 or more".to_owned() });
        }
        if self.name.is_empty() || self.name.len() > 64 {
            return Err(ConfigError { key: "name", what: "must have 1 to 64 bytes".to_owned() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_be_used_is_named() {
        let good = Config::new(([127, 0, 0, 1], 0).into(), "ns1");
        assert_eq!(good.check(), Ok(()));
        for (bad, key) in [
            (Config { keep_alive: Duration::from_secs(1), ..good.clone() }, "keep_alive"),
            (Config { keep_alive: Duration::from_secs(7_200), ..good.clone() }, "keep_alive"),
            (Config { max_connections: 0, ..good.clone() }, "max_connections"),
            (Config { name: String::new(), ..good }, "name"),
        ] {
            assert_eq!(bad.check().map_err(|error| error.key), Err(key));
        }
    }
}
