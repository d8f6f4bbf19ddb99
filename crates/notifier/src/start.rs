//! Puts the notification server together.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ServerConfig, server::ProducesTickets};
use service::{
    backoff::Backoff,
    call::Endpoint,
    dice,
    error::Chain,
    log::ComponentLog,
    running::Running,
    shutdown::Shutdown,
    tls::{self, TlsError},
    wake::Wakes,
};
use site_store::SiteStore;
use tokio::{
    net::TcpListener,
    sync::mpsc,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    authority::Authority,
    certificate::{NoCertificate, OwnCertificate},
    config::{Config, ConfigError},
    counters::Counters,
    dispatch::{self, Site},
    listen::Listeners,
    news::News,
    open_files::{self, Room},
    presence::Presence,
    reap,
    record::{Recorder, WAITING_REPORTS},
    registry::Registry,
    revoked::{Revoked, WATCH_EVERY},
    shared::{Shared, SiteTime},
    throttle::LiveThrottles,
    tickets::Tickets,
};

/// How long the authority may be away at the start: the two are often started together.
const AUTHORITY_WITHIN: Duration = Duration::from_secs(30);

/// The waits between attempts to reach it.
const RETRY: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(2));

/// Why the notification server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting cannot be used.
    #[error("a setting of the notification server cannot be used")]
    Config(#[from] ConfigError),
    /// An address cannot be listened on.
    #[error("failed to listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The site authority gave no certificate.
    #[error("failed to obtain a server certificate from the site authority")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// TLS cannot be set up with it.
    #[error("failed to set up TLS")]
    Tls(#[from] TlsError),
}

/// Starts the notification server; returns once it listens.
///
/// # Errors
///
/// Says what it lacks.
pub async fn start(
    config: Config,
    store: SiteStore,
    wakes: Wakes,
    log: ComponentLog,
    authority: Endpoint,
    shutdown: Shutdown,
) -> Result<Running, StartError> {
    config.check()?;
    tls::install_provider();
    let room = open_files::share(open_files::most(), config.max_connections);
    let tcp = bind(config.listen).await?;
    let websocket = match config.websocket_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let address = |listener: &TcpListener| listener.local_addr().ok();
    let (tcp_address, websocket_address) = (address(&tcp), websocket.as_ref().and_then(address));

    let authority = Authority::at(authority);
    let own =
        certificate(&authority, &log).await.map_err(|source| StartError::Certificate(Box::new(source)))?;
    let tickets = Arc::new(Tickets::new(&config.metrics));
    let tls = with_tickets(
        &*tls::server_config_with(Arc::clone(&own.certificate), Arc::clone(&own.clients))?,
        &tickets,
    );

    let news = Arc::<News>::default();
    let counters = Counters::new(&config.metrics);
    let registry = Registry::new(Arc::clone(&news), counters.online.clone());
    let (reports, waiting) = mpsc::channel(WAITING_REPORTS);
    let started = Instant::now();
    let recorder = Recorder {
        store: store.clone(),
        wakes: wakes.clone(),
        news: Arc::clone(&news),
        recorded: counters.recorded.clone(),
        delays: counters.delays.clone(),
        log: log.clone(),
        sent: Vec::new(),
        known: Default::default(),
    };
    let presence = Presence {
        server: config.name.clone(),
        store: store.clone(),
        wakes: wakes.clone(),
        news: Arc::clone(&news),
        registry: Arc::clone(&registry),
        log: log.clone(),
    };
    let site = Site {
        site: own.site,
        store: store.clone(),
        authority: authority.clone(),
        registry: Arc::clone(&registry),
        news,
        wakes: wakes.clone(),
        log: log.clone(),
        started,
        server: config.name.clone(),
    };
    let shared = Arc::new(Shared {
        site: own.site,
        keep_alive: config.keep_alive,
        max_connections: room.devices,
        registry,
        revoked: Revoked::new(authority.clone()),
        site_time: SiteTime::new(authority.clone()),
        authority,
        reports,
        counters,
        log: log.clone(),
        shutdown: shutdown.clone(),
        started,
    });

    let ended = CancellationToken::new();
    let mut running = Running::new(tcp_address, shutdown.clone());
    let listeners = Listeners { tcp, websocket };
    running
        .part("connections", listeners.run(Arc::clone(&shared), room, tls, shutdown.clone(), ended.clone()));
    running.part("dispatch", dispatch(site, config.throttle, shutdown.clone()));
    running.part("recorder", recorder.run(waiting, ended.clone()));
    running.part("presence", presence.run(ended));
    running.part("reaper", reap::run(store, wakes, log.clone(), shutdown.clone()));
    let ticket_keys =
        tickets.keep(shared.authority.clone(), own.ca_pem.clone(), log.clone(), shutdown.clone());
    running.part("ticket keys", ticket_keys);
    running.part("certificate", own.keep(log.clone(), shutdown.clone()));
    running.part("revocations", watch_revocations(shared, shutdown));
    say_room(&log, room, config.max_connections);
    if let Some(address) = tcp_address {
        log.info(format_args!("The notification server listens on {address}."));
    }
    if let Some(address) = websocket_address {
        log.info(format_args!("It takes WebSockets on {address}."));
    }
    Ok(running)
}

/// Says how many files the system lets the server open, and what that means.
fn say_room(log: &ComponentLog, room: Room, wanted: usize) {
    let Room { files, devices, half_open } = room;
    if devices < wanted {
        log.warn(format_args!(
            "The system allows {files} open files: room for {devices} devices, not for the {wanted} of the settings, and \
             for {half_open} that sign in. Raise LimitNOFILE of the service, or set `max-connections`."
        ));
    } else {
        log.info(format_args!(
            "The system allows {files} open files: room for {devices} devices and {half_open} that sign in."
        ));
    }
}

async fn dispatch(site: Site, throttles: LiveThrottles, shutdown: Shutdown) {
    dispatch::run(site, &throttles, shutdown).await;
}

/// Returns the server's end of TLS that gives tickets, and takes them.
fn with_tickets(tls: &ServerConfig, tickets: &Arc<Tickets>) -> Arc<ServerConfig> {
    let mut tls = tls.clone();
    tls.ticketer = Arc::clone(tickets) as Arc<dyn ProducesTickets>;
    // A device uses one, and gets the next with it. What a ticket resumes is never read before the handshake is over.
    tls.send_tls13_tickets = 1;
    tls.max_early_data_size = 0;
    Arc::new(tls)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

/// Obtains the server's certificate, waiting for an authority that is just starting.
async fn certificate(authority: &Authority, log: &ComponentLog) -> Result<OwnCertificate, NoCertificate> {
    let give_up = Instant::now() + AUTHORITY_WITHIN;
    let mut waits = RETRY;
    loop {
        match OwnCertificate::obtain(authority.clone()).await {
            Err(NoCertificate::Withheld(error)) if error.is_transient() && Instant::now() < give_up => {
                if waits.failures() == 0 {
                    log.warn(format_args!("Waiting for the site authority: {}", Chain(&error)));
                }
                sleep(waits.failed(dice::unit())).await;
            }
            outcome => return outcome,
        }
    }
}

/// Closes the connections of devices that are revoked while they are online.
async fn watch_revocations(shared: Arc<Shared>, shutdown: Shutdown) {
    let mut generation = 0;
    loop {
        tokio::select! {
            () = shutdown.begun() => return,
            () = sleep(WATCH_EVERY) => {}
        }
        // Where the authority is away those who are online stay; who comes is refused once the list is too old.
        if let Ok(Some((newer, revoked))) = shared.revoked.since(generation).await {
            generation = newer;
            shared.registry.close_revoked(&revoked);
        }
    }
}
