//! Settings that change while the notification server runs: its throttle, read again from the configuration file when the
//! process gets a SIGHUP (`systemctl reload`). Pushes that run go by it at once.

use std::path::PathBuf;

use notifier::LiveThrottles;
use service::{error::Chain, log::ComponentLog, shutdown::Shutdown};
use site_store::{SiteStore, ThrottleSetting};
use tokio::signal::unix::{SignalKind, signal};

use super::{config::SiteFile, run::setting};

/// What is set anew.
pub(super) struct Reload {
    pub(super) config: PathBuf,
    pub(super) throttles: LiveThrottles,
    pub(super) store: SiteStore,
    pub(super) log: ComponentLog,
    pub(super) shutdown: Shutdown,
}

impl Reload {
    /// Waits for signals until the shutdown begins.
    pub(super) async fn run(self) {
        let mut told = match signal(SignalKind::hangup()) {
            Ok(told) => told,
            Err(error) => {
                self.log.error(format_args!("Failed to listen for SIGHUP: {error}"));
                return self.shutdown.begun().await;
            }
        };
        loop {
            tokio::select! {
                () = self.shutdown.begun() => return,
                _ = told.recv() => {}
            }
            // What cannot be used changes nothing: the server goes on with what it has.
            if let Err(error) = self.once().await {
                self.log.error(format_args!(
                    "The throttle stays as it is: {}; correct {} and reload again",
                    Chain(error.as_ref()),
                    self.config.display()
                ));
            }
        }
    }

    async fn once(&self) -> anyhow::Result<()> {
        let file: SiteFile = service::config::load(&self.config, "site")?;
        let throttles = file.notifier_config()?.throttle.get();
        // Read by the connector, which tells people how long an action would take.
        self.store.put_setting(ThrottleSetting::NAME, &setting(&throttles)).await?;
        self.throttles.set(throttles);
        Ok(())
    }
}
