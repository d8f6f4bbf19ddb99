//! The site authority: it alone holds the site's keys and the store of who may do what; it verifies, decides and signs.
//!
//! A call comes in over the socket (`serve`), from a role that its connection's credentials allow, and is answered at the
//! desk (`desk`): requests are decided by the site's rules (`rules`), pushes are authorised again and signed, devices are
//! admitted. What is known is kept in memory (`site`) and is true in the store (`store`); keys and numbers that must
//! never go back lie in a folder of their own (`folder`, `keys`, `ca`, `numbers`), so that a store that
//! was put back is noticed (`restored`).

mod serve;
mod counters;
mod desk;
mod issuer;
mod rules;
mod rollout;
mod site;
mod store;
mod numbers;
mod ca;
mod keys;
mod rotation;
mod folder;
mod restored;

use std::{io, path::PathBuf, sync::Arc};

use database::{Db, DbError};
use service::{
    clock,
    error::Chain,
    lock::LockError,
    log::ComponentLog,
    metrics::Metrics,
    running::{self, Running},
    shutdown::Shutdown,
};
use tokio::{sync::Mutex, time::Duration};

pub use folder::FolderError;

use crate::{
    counters::Counters, desk::Desk, folder::Folder, keys::SiteKeys, numbers::Numbers, site::SiteState,
    store::Store,
};

/// How often decisions that nothing needs any more are forgotten.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// The authority's settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its own folder: keys, counters. Made at the first start, readable by its user only.
    pub folder: PathBuf,
    /// The socket on which it is called.
    pub socket: PathBuf,
    /// Its own store.
    pub database_url: String,
    /// The site's name.
    pub site_name: String,
    /// Seconds between signs of life on the device channel, as the trust document says.
    pub keep_alive_seconds: u32,
    /// The notification servers, as agents reach them.
    pub notification_servers: Vec<String>,
    /// The URLs of the management points, as agents reach them.
    pub management_points: Vec<String>,
    /// Users (by number) that the site's other roles run as, beside the authority's own.
    pub role_users: Vec<u32>,
    /// Where it counts.
    pub metrics: Metrics,
}

/// Why the authority did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder cannot be used.
    #[error("failed to open the authority's folder")]
    Folder(#[from] FolderError),
    /// Its store cannot be used.
    #[error("failed to open the authority's store")]
    Store(#[from] DbError),
    /// What the store holds cannot be used.
    #[error("failed to load the site: {0}")]
    Load(String),
    /// Another authority runs on the folder.
    #[error("failed to take the authority's folder")]
    Lock(#[from] LockError),
    /// The socket cannot be made.
    #[error("failed to listen at {}", path.display())]
    Socket {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Starts the authority; it answers calls once this returns.
///
/// # Errors
///
/// [`StartError`].
pub async fn start(config: Config, log: ComponentLog, shutdown: Shutdown) -> Result<Running, StartError> {
    let folder = Folder::open(&config.folder)?;
    let lock = folder.lock()?;
    let keys = SiteKeys::load_or_make(&folder, &config.site_name)?;
    let mut numbers = Numbers::load_or_make(&folder)?;
    let store = Store::open(Db::open(&config.database_url).await?).await?;
    restored::notice(&store, &mut numbers, &folder, &log, clock::now()).await?;
    let site = SiteState::load(&store).await.map_err(|error| StartError::Load(Chain(&error).to_string()))?;
    let socket = config.socket.clone();
    let listener = serve::bind(&socket).map_err(|source| StartError::Socket { path: socket, source })?;
    let role_users = config.role_users.clone();
    let counters = Counters::new(&config.metrics);
    let desk = Desk::new(config, folder, keys, numbers, store, site, log.clone());
    log.info(format_args!("The authority of the site {} answers.", desk.site()));
    let desk = Arc::new(Mutex::new(desk));

    let mut running = Running::new(None, shutdown.clone());
    let calls =
        serve::serve(listener, Arc::clone(&desk), role_users, counters, log.clone(), shutdown.clone());
    running.part("calls", async move {
        let _lock = lock;
        calls.await;
    });
    running.part("sweep", sweep(desk, log, shutdown));
    running::tell_ready();
    Ok(running)
}

/// Sweeps now and then, and once more at the end.
async fn sweep(desk: Arc<Mutex<Desk>>, log: ComponentLog, shutdown: Shutdown) {
    loop {
        let ends = tokio::select! {
            () = shutdown.begun() => true,
            () = tokio::time::sleep(SWEEP_EVERY) => false,
        };
        if let Err(error) = desk.lock().await.sweep(clock::now()).await {
            log.warn(format_args!("Failed to forget what is old: {}", Chain(&error)));
        }
        if ends {
            return;
        }
    }
}
