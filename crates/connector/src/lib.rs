//! The site's service connector: takes what the console asks, has the site authority decide it, and hands it to the
//! notification server; reports upward what became of it, and uploads the site's devices.
//!
//! The site dials out: [`attach()`] makes the attachment once, `uplink` keeps a link to the console from then on, and
//! `serve` serves it. A request passes through `take`, `validate`, `authorize` and `forward`, driven by `decide`; what
//! the site's hops write of it goes up through `report`.

mod console_url;
mod dial;
mod ask;
mod attachment;
mod attach;
mod link;
mod offboard;
mod status;
mod uplink;
mod serve;
mod health;
mod answer;
mod take;
mod decide;
mod validate;
mod authorize;
mod forward;
mod lines;
mod counters;
mod report;
mod upload;
mod mirror;
mod nonce;
mod witness;

use std::path::PathBuf;

use service::{
    call::Endpoint,
    log::{Component, ComponentLog, LogError, LogSettings},
    metrics::Metrics,
    running::Running,
    shutdown::Shutdown,
    wake::Wakes,
};
use site_store::SiteStore;
use tokio::sync::watch;

pub use attach::{AttachError, AttachOptions, Attached, NotLinked, attach, try_link};
pub use attachment::{Attachment, AttachmentError};
pub use console_url::{ConsoleUrl, NotAConsoleUrl};
pub use dial::DialError;
pub use health::HealthSource;
pub use offboard::{OffboardError, OffboardOptions, Offboarded, offboard};
pub use service::proxy::{NotAProxy, Proxy};
pub use status::{LinkState, Status, status};

use self::{
    authorize::Authority, counters::Counters, decide::Decider, health::Health, serve::Site, uplink::Uplink,
};

/// The connector's settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The site's folder, which holds the attachment.
    pub folder: PathBuf,
    /// The HTTP proxy on the way to the console, where there is one.
    pub proxy: Option<Proxy>,
    /// The certificates to trust for the console instead of the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// Where it counts.
    pub metrics: Metrics,
    /// What looks at the site when the console asks how it is; the console hears nothing where there is none.
    pub health: Option<HealthSource>,
}

/// The connector's two logs.
#[derive(Clone, Debug)]
pub struct ConnectorLogs {
    /// `CMGatewayNotificationWorker.log`: the link, and what the console asks.
    pub notification: ComponentLog,
    /// `CMGatewaySyncUploadWorker.log`: the devices' way up.
    pub upload: ComponentLog,
}

/// Why the connector did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The attachment's files cannot be used.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
}

impl ConnectorLogs {
    /// Opens both logs.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn open(settings: &LogSettings) -> Result<Self, LogError> {
        Ok(Self {
            notification: ComponentLog::open(settings, Component::GATEWAY_NOTIFICATION_WORKER)?,
            upload: ComponentLog::open(settings, Component::GATEWAY_SYNC_UPLOAD_WORKER)?,
        })
    }
}

/// Starts the connector. It works also while the site is not attached, and while the console or the authority is away.
///
/// # Errors
///
/// The attachment's files are damaged, or the link key may be read by others.
#[expect(clippy::unused_async, reason = "every program starts alike")]
pub async fn start(
    config: Config,
    store: SiteStore,
    wakes: Wakes,
    logs: ConnectorLogs,
    authority: Endpoint,
    shutdown: Shutdown,
) -> Result<Running, StartError> {
    let attached = Attachment::load(&config.folder)?;
    attachment::load_key(&config.folder)?;
    let authority = Authority::new(authority);
    let counters = Counters::new(&config.metrics);
    let (pinned, known) = watch::channel(attached.map(|attachment| attachment.pinned()));

    let decider = Decider {
        store: store.clone(),
        wakes: wakes.clone(),
        log: logs.notification.clone(),
        authority: authority.clone(),
        pinned: known,
        counters: counters.clone(),
    };
    let health = Health::new(config.health.clone());
    let site = Site { store, wakes, logs, authority, counters, health };
    let uplink = Uplink { config, site, pinned };
    let mut running = Running::new(None, shutdown.clone());
    running.part("decide", decider.run(shutdown.clone()));
    running.part("uplink", uplink.run(shutdown));
    Ok(running)
}
