//! The life of a console: opens its store, listens, serves, drains.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use action::ConsoleId;
use axum::Router;
use database::{Db, DbError};
use outside::{Options, Outside, OutsideError};
use service::{
    clock, dice,
    error::Chain,
    http::{self, Listener},
    log::ComponentLog,
    observe::{self, NotObserved},
    running::Running,
    shutdown::Shutdown,
    tls::{self, CertificateFiles, TlsError},
    wake::Wakes,
};
use tokio::net::TcpListener;

use crate::{
    config::{Config, ConfigError, TlsFiles},
    counters, housekeeping, openapi,
    people::openid::provider::Providers,
    sites::{self, Links},
    spans,
    state::{Clock, Console},
    store::{Identity, Store},
    web, webhooks,
};

/// Why a console did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings are not safe together.
    #[error("the console's configuration is not valid")]
    Config(#[source] ConfigError),
    /// The store could not be opened.
    #[error("failed to open the console's store")]
    Store(#[source] DbError),
    /// The certificate could not be used.
    #[error("failed to use the console's certificate")]
    Tls(#[source] TlsError),
    /// The address is taken, or is not this machine's.
    #[error("failed to listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The address for metrics is taken, or is not this machine's.
    #[error(transparent)]
    NotObserved(#[from] NotObserved),
    /// The certificates that are trusted for issuers cannot be read.
    #[error("failed to read the certificates for issuers in {}", path.display())]
    IssuerFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing can be fetched from issuers.
    #[error("failed to prepare the calls to issuers")]
    Issuers(#[source] OutsideError),
    /// Passwords cannot be hashed here.
    #[error("failed to prepare the hashing of passwords")]
    Passwords,
}

/// Starts a console; returns once it listens.
///
/// # Errors
///
/// See [`StartError`].
pub async fn start(config: Config, log: ComponentLog, shutdown: Shutdown) -> Result<Running, StartError> {
    config.check().map_err(StartError::Config)?;
    let (tls, files) = match &config.tls {
        None => (None, None),
        Some(TlsFiles { certificate, key }) => {
            let files = CertificateFiles::load(certificate, key).map_err(StartError::Tls)?;
            (Some(tls::web_server_config(files.certificate()).map_err(StartError::Tls)?), Some(files))
        }
    };
    let providers = providers(&config)?;
    let store = open(&config.database, Wakes::new()).await.map_err(StartError::Store)?;
    if let Some(error) = store.unindexed() {
        log.warn(format_args!(
            "PostgreSQL has no index of devices' texts: {}. Searches for rare texts are slow until the database's owner \
             has run `CREATE EXTENSION pg_trgm` and the console was started again.",
            Chain(error)
        ));
    }
    let now = clock::now();
    store.all_links_down(now).await.map_err(StartError::Store)?;
    let identity = store.identity().await.map_err(StartError::Store)?;

    let address = config.listen;
    let listen = |source| StartError::Listen { address, source };
    let socket = TcpListener::bind(address).await.map_err(listen)?;
    let bound = socket.local_addr().map_err(listen)?;
    let listener = match tls {
        None => Listener::Plain(socket),
        Some(config) => Listener::Tls(socket, config),
    };
    let clock = Clock::new(clock::now);
    let (console, ended) =
        Console::new(store, identity.console, config, providers, log.clone(), clock, shutdown.clone())
            .map_err(|_| StartError::Passwords)?;

    log.info(format_args!("Console {} listens on {bound}.", identity.console));
    let mut running = Running::new(Some(bound), shutdown.clone());
    let observed = counters::observed(&console);
    let health = observe::health_routes(Arc::clone(&observed.health));
    if let Some(address) = console.config().metrics_listen {
        let (address, serving) = observe::listen(address, observed, log.clone(), shutdown.clone()).await?;
        log.info(format_args!("Metrics and health are told on {address}."));
        running.part("metrics", serving);
    }
    let (links, arrivals) = Links::new(&console.outbox().identity().await.map_err(StartError::Store)?);
    let router = router(console.clone(), &links, health);
    running.part("web", http::serve(router, listener, log.clone(), shutdown.clone()));
    running.part("links", arrivals.serve(console.clone(), shutdown.clone()));
    running.part("webhooks", webhooks::deliver::run(console.clone(), shutdown.clone()));
    running.part("traces", spans::run(console.clone(), ended, shutdown.clone()));
    running.part("audits of sites", sites::compare_audits(console.clone(), shutdown.clone()));
    running.part("keys of people", sites::say_late_keys(console.clone(), shutdown.clone()));
    running.part("housekeeping", housekeeping::run(console, shutdown.clone()));
    if let Some(files) = files {
        running.part("certificate", files.watch(log, shutdown));
    }
    Ok(running)
}

/// Prepares the calls to issuers.
fn providers(config: &Config) -> Result<Providers, StartError> {
    let ca_pem = match &config.issuer_ca_file {
        Some(path) => {
            let read = std::fs::read(path);
            Some(read.map_err(|source| StartError::IssuerFile { path: path.clone(), source })?)
        }
        None => None,
    };
    let outside = Outside::new(&Options {
        private_addresses: config.private_issuers,
        ca_pem: ca_pem.as_deref(),
        ..Options::default()
    });
    let outside = outside.map_err(StartError::Issuers)?;
    Ok(Providers::new(outside))
}

/// Opens the store; a new one becomes that of a new console.
pub(crate) async fn open(url: &str, wakes: Wakes) -> Result<Store, DbError> {
    let db = Db::open(url).await?;
    let fresh =
        Identity { console: ConsoleId(dice::uuid()), link_seed: dice::bytes(), created: clock::now() };
    Store::open(db, wakes, &fresh).await
}

/// Returns all that a console answers.
pub(crate) fn router(console: Console, links: &Links, health: Router<Console>) -> Router {
    let (api, _) = openapi::routes().split_for_parts();
    web::around(api.merge(links.routes()).merge(health), console)
}
