//! What agents ask for between two actions: they enrol, renew, fetch their manifest and its documents, and report.
//!
//! A request passes through `admit` (whose certificate is it, and is it `revoked`), or where it enrols through
//! `rate`, and is answered by `enrol`, `policy`, `content` or `state`; `point` holds the way together. The point holds no
//! key of the site: what is signed comes from the `authority`. In the background `facts` tells the authority what
//! devices say of themselves, and `identity` renews the point's own certificate.

mod authority;
mod identity;
mod point;
mod counters;
mod rate;
mod admit;
mod revoked;
mod removed;
mod cached;
mod enrol;
mod policy;
mod content;
mod state;
mod facts;

use std::{io, net::SocketAddr, sync::Arc};

use service::{
    call::Endpoint,
    error::Chain,
    http::{self, Limits, Listener},
    log::ComponentLog,
    metrics::Metrics,
    running::Running,
    shutdown::Shutdown,
    tls::{self, TlsError},
    wake::Wakes,
};
use site_store::SiteStore;
use tokio::{
    net::TcpListener,
    time::{Duration, Instant, sleep},
};

pub use rate::Allowance;

use crate::{
    authority::Authority,
    identity::{Identity, NoCertificate},
    point::Point,
};

/// How long the start waits for an authority that is starting as well.
const AUTHORITY_WITHIN: Duration = Duration::from_secs(60);

/// The pause between two attempts to reach it.
const AUTHORITY_PAUSE: Duration = Duration::from_millis(500);

/// How long after its end a device's certificate may still be renewed (a device that was in storage).
const RENEWAL_GRACE: Duration = Duration::from_secs(365 * 86_400);

/// The most connections at a time. Agents connect for a few requests; 4,000 hold some 100 MB.
const CONNECTIONS: usize = 4_000;

/// How long an idle connection is kept: an agent's calls of one run follow each other at once.
const IDLE_WITHIN: Duration = Duration::from_secs(20);

/// The longest pause within a body of at most 64 KiB.
const BODY_PAUSE: Duration = Duration::from_secs(10);

/// The most bytes of a request's header; agents send some 200.
const HEADER_BYTES: usize = 8 << 10;

/// The management point's settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen for HTTPS.
    pub listen: SocketAddr,
    /// How often one address may try to enrol devices.
    pub enrolments: Allowance,
    /// How many of them may be refused before the address has to wait.
    pub refused_enrolments: Allowance,
    /// Where it counts.
    pub metrics: Metrics,
}

impl Config {
    /// A site behind one address enrols a fleet at 50 devices a second after the first 1,000.
    pub const ENROLMENTS: Allowance = Allowance { burst: 1_000, every: Duration::from_millis(20) };
    /// A misspelt token is tried a few times; a secret of 128 bits is not found at any rate.
    pub const REFUSED_ENROLMENTS: Allowance = Allowance { burst: 20, every: Duration::from_secs(10) };

    /// Makes the default settings for an address.
    pub fn listening(listen: SocketAddr) -> Self {
        Self {
            listen,
            enrolments: Self::ENROLMENTS,
            refused_enrolments: Self::REFUSED_ENROLMENTS,
            metrics: Metrics::new(),
        }
    }
}

/// Why the management point did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("failed to listen on {address} for agents (HTTPS)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// There is no server certificate.
    #[error("failed to get a server certificate from the site authority; is it running?")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// TLS cannot be set up.
    #[error("failed to set up TLS")]
    Tls(#[source] TlsError),
    /// The shutdown began before the start was done.
    #[error("told to end before the start was done")]
    Ended,
}

/// Starts a management point; it listens once this returns. An authority that is not there yet is waited for.
pub async fn start(
    config: Config,
    store: SiteStore,
    wakes: Wakes,
    log: ComponentLog,
    authority: Endpoint,
    shutdown: Shutdown,
) -> Result<Running, StartError> {
    // The address first: a mistake there is seen at once.
    let listen_failed = |source| StartError::Listen { address: config.listen, source };
    let socket = TcpListener::bind(config.listen).await.map_err(listen_failed)?;
    let address = socket.local_addr().map_err(listen_failed)?;

    let authority = Authority::at(authority);
    let identity = identity(&authority, &log, &shutdown).await?;
    let (certificate, clients) = (Arc::clone(&identity.certificate), Arc::clone(&identity.clients));
    let tls = tls::server_config_with(certificate, clients).map_err(StartError::Tls)?;

    let site = identity.site;
    let point = Arc::new(Point::new(&config, site, authority, store, wakes, log.clone()));
    let mut running = Running::new(Some(address), shutdown.clone());
    let limits = Limits {
        connections: CONNECTIONS,
        header: IDLE_WITHIN,
        header_bytes: HEADER_BYTES,
        body_pause: BODY_PAUSE,
        ..Limits::default()
    };
    running.part(
        "requests",
        http::serve_within(
            limits,
            Arc::clone(&point).router(),
            Listener::Tls(socket, tls),
            log.clone(),
            shutdown.clone(),
        ),
    );
    running.part("certificate", identity.keep(log.clone(), shutdown.clone()));
    running.part("facts", facts::tell(Arc::clone(&point), shutdown.clone()));
    running.part("removed", removed::remove(point, shutdown));
    log.info(format_args!("Management point of site {site} listens on {address}."));

    Ok(running)
}

/// Gets the server certificate, waiting for an authority that is not there yet.
async fn identity(
    authority: &Authority,
    log: &ComponentLog,
    shutdown: &Shutdown,
) -> Result<Identity, StartError> {
    let deadline = Instant::now() + AUTHORITY_WITHIN;
    let mut told = false;
    loop {
        let error = match Identity::obtain(authority.clone()).await {
            Ok(identity) => return Ok(identity),
            Err(error) => error,
        };
        let passes = matches!(&error, NoCertificate::Withheld(cause) if cause.is_transient());
        if !passes || Instant::now() >= deadline {
            return Err(StartError::Certificate(Box::new(error)));
        }
        if !told {
            log.warn(format_args!("Waiting for the site authority: {}", Chain(&error)));
            told = true;
        }
        tokio::select! {
            () = shutdown.begun() => return Err(StartError::Ended),
            () = sleep(AUTHORITY_PAUSE) => {}
        }
    }
}
