//! A management point on this machine, a small site authority for it, and agents that talk to both ends' rules.

mod agent;
mod authority;
mod certificates;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use database::Db;
use management_point::{Allowance, Config};
use service::{
    call::Endpoint,
    log::{Component, ComponentLog, Lines},
    running::Running,
    shutdown::Shutdown,
    tls,
    wake::Wakes,
};
use site_store::SiteStore;

pub(crate) use agent::{Agent, Connection};
pub(crate) use authority::{Authority, SECRET, TOKEN};
pub(crate) use certificates::{Ca, Identity, Purpose, device_uri};

/// A management point and everything around it. Ends with its owner.
pub(crate) struct Site {
    pub(crate) authority: Arc<Authority>,
    pub(crate) db: Db,
    pub(crate) store: SiteStore,
    pub(crate) wakes: Wakes,
    pub(crate) lines: Lines,
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) running: Option<Running>,
}

/// Far more than a test does.
const PLENTY: Allowance = Allowance { burst: 1_000, every: Duration::from_millis(1) };

impl Site {
    pub(crate) async fn start() -> Self {
        Self::with(PLENTY).await
    }

    /// Starts a site whose management point allows an address this many refused enrolments.
    pub(crate) async fn with(refused_enrolments: Allowance) -> Self {
        tls::install_provider();
        let authority = Authority::start();
        let db = Db::open("sqlite::memory:").await.expect("a database");
        let store = SiteStore::open(db.clone()).await.expect("a store");
        let wakes = Wakes::new();
        let (log, lines) = ComponentLog::memory(Component::MANAGEMENT_POINT);
        let shutdown = Shutdown::new();
        let listen = "127.0.0.1:0".parse().expect("an address");
        let config = Config { enrolments: PLENTY, refused_enrolments, ..Config::listening(listen) };
        let endpoint = Endpoint::Unix(authority.socket());
        let running =
            management_point::start(config, store.clone(), wakes.clone(), log, endpoint, shutdown.clone())
                .await
                .expect("a management point");
        let address = running.address.expect("an address");

        Self { authority, db, store, wakes, lines, address, shutdown, running: Some(running) }
    }

    /// Returns an agent that has no certificate.
    pub(crate) fn stranger(&self) -> Agent {
        Agent::new(self.address, &self.authority.ca, None)
    }

    /// Returns an agent that shows `identity`.
    pub(crate) fn with_identity(&self, identity: &Identity) -> Agent {
        Agent::new(self.address, &self.authority.ca, Some(identity))
    }

    /// Enrols a device and returns its agent and its certificate.
    pub(crate) async fn enrolled(&self, name: &str) -> (Agent, Identity) {
        let identity = self.stranger().enrol(name).await.expect("admitted");
        (self.with_identity(&identity), identity)
    }
}
