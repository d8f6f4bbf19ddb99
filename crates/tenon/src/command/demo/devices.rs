//! The demo's simulated devices, in this process.

use anyhow::Context as _;
use service::shutdown::Shutdown;
use swarm::{Config, Swarm};

/// Simulated devices.
pub(super) struct Devices {
    count: u32,
    swarm: Option<Swarm>,
}

impl Devices {
    /// Starts `count` devices; enrolling and connecting go on in the background.
    pub(super) async fn start(count: u32, join_token: &str) -> anyhow::Result<Self> {
        if count == 0 {
            return Ok(Self { count, swarm: None });
        }
        let config = Config::new(join_token.to_owned(), count);
        let swarm =
            swarm::start(config, Shutdown::new()).await.context("failed to start the simulated devices")?;
        Ok(Self { count, swarm: Some(swarm) })
    }

    /// Returns how many there are.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Returns why the first of them failed, where one did.
    pub(super) fn first_failure(&self) -> Option<String> {
        self.swarm.as_ref().and_then(Swarm::first_failure)
    }

    /// Disconnects them.
    pub(super) async fn end(self) {
        if let Some(swarm) = self.swarm {
            swarm.end().await;
        }
    }
}
