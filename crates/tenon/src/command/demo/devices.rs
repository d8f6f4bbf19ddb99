//! The demo's simulated devices, in this process.

use anyhow::Context as _;
use service::shutdown::Shutdown;
use swarm::{Config, Swarm};

/// Devices that are enrolled at the same time.
const ENROLMENTS_AT_ONCE: usize = 8;
/// Connections that are opened each second: a thousand within a few seconds, and the machine stays usable.
const CONNECTS_PER_SECOND: u32 = 400;

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
        let config = Config {
            join_token: join_token.to_owned(),
            count,
            name_prefix: "sim-".to_owned(),
            enrolments_at_once: ENROLMENTS_AT_ONCE,
            connects_per_second: CONNECTS_PER_SECOND,
            verify: true,
        };
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
