//! The configuration file of a site: `site.toml`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::Deserialize;

use crate::exit::{self, Stop};

/// The file of a site, as it is written. Each role's section is read by that role only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SiteFile {
    /// The folder that holds the site's stores, keys and logs.
    pub(crate) folder: PathBuf,
    /// The site's name, as admins see it.
    pub(crate) name: String,
    /// The operational store: `sqlite:PATH` or `postgres://…`; a SQLite file in the folder where it is left out.
    pub(crate) database: Option<String>,
    /// The folder of the log files; `logs` in the site's folder where it is left out.
    pub(crate) log_folder: Option<PathBuf>,
    /// The authority.
    #[serde(default)]
    pub(crate) authority: AuthoritySection,
    /// The connector.
    #[serde(default)]
    pub(crate) connector: ConnectorSection,
    /// The notification server.
    pub(crate) notifier: NotifierSection,
    /// The management point.
    pub(crate) management_point: ManagementPointSection,
}

/// The authority's section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AuthoritySection {
    /// Its own store; a SQLite file in its own folder where it is left out.
    pub(crate) database: Option<String>,
    /// Its own folder, which nobody else may read; `authority` in the site's folder where it is left out.
    pub(crate) folder: Option<PathBuf>,
    /// Users (by number) that the site's other roles run as, beside the authority's own.
    #[serde(default)]
    pub(crate) role_users: Vec<u32>,
}

/// The connector's section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ConnectorSection {
    /// An HTTP proxy on the way to the console, such as `http://proxy.example:3128`.
    pub(crate) proxy: Option<String>,
    /// Certificates that are trusted for the console beside the system's, PEM.
    pub(crate) ca_file: Option<PathBuf>,
}

/// The notification server's section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NotifierSection {
    /// Where it listens for agents, usually port 10123.
    pub(crate) listen: SocketAddr,
    /// Where it listens for agents that cannot reach that port (WebSocket).
    pub(crate) websocket_listen: Option<SocketAddr>,
    /// How agents reach it, such as `site.example:10123`.
    pub(crate) address: String,
    /// How agents reach the fallback, such as `https://site.example:443`.
    pub(crate) websocket_url: Option<String>,
    /// The throttle's strategy: 0 none, 1 a steady rate, 2 a window, 3 a spread.
    #[serde(default = "default_strategy")]
    pub(crate) throttle_strategy: u32,
    /// The strategy's number: clients a second, unanswered tasks, or seconds.
    #[serde(default = "default_param")]
    pub(crate) throttle_param: u32,
    /// Seconds between signs of life.
    #[serde(default = "default_keep_alive")]
    pub(crate) keep_alive_seconds: u32,
    /// The most agents that it serves at once; what the system's limit of open files allows where it is left out.
    pub(crate) max_connections: Option<usize>,
}

/// The management point's section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ManagementPointSection {
    /// Where it listens for agents.
    pub(crate) listen: SocketAddr,
    /// How agents reach it, such as `https://site.example:8443`.
    pub(crate) url: String,
}

/// As in the seed.
fn default_strategy() -> u32 {
    1
}

/// As in the seed.
fn default_param() -> u32 {
    42
}

/// Four minutes: below the five to fifteen after which common firewalls forget an idle connection.
fn default_keep_alive() -> u32 {
    240
}

impl NotifierSection {
    /// Returns the server's name among those of its site: its address, as far as the store keeps it.
    fn name(&self) -> String {
        /// The longest name of a server in the store, in bytes.
        const LONGEST: usize = 64;
        self.address.chars().take_while(char::is_ascii).take(LONGEST).collect()
    }
}

impl SiteFile {
    /// Returns the URL of the operational store.
    pub(crate) fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.folder.join("site.db").display()))
    }

    /// Returns the authority's folder.
    pub(crate) fn authority_folder(&self) -> PathBuf {
        self.authority.folder.clone().unwrap_or_else(|| self.folder.join("authority"))
    }

    /// Returns the URL of the authority's store.
    pub(crate) fn authority_database_url(&self) -> String {
        let own = || format!("sqlite:{}", self.authority_folder().join("authority.db").display());
        self.authority.database.clone().unwrap_or_else(own)
    }

    /// Returns the notification servers, as agents reach them.
    pub(crate) fn notification_servers(&self) -> Vec<String> {
        let own = &self.notifier;
        std::iter::once(own.address.clone()).chain(own.websocket_url.clone()).collect()
    }

    /// Returns the notification server's settings.
    pub(crate) fn notifier_config(&self) -> anyhow::Result<notifier::Config> {
        let own = &self.notifier;
        let throttle =
            notifier::Throttle::new(own.throttle_strategy, own.throttle_param).map_err(|error| {
                Stop::error(
                    exit::CONFIG,
                    error.to_string(),
                    "correct `notifier.throttle-strategy` and `-param` in site.toml",
                )
            })?;
        let mut config = notifier::Config::new(own.listen, own.name());
        config.websocket_listen = own.websocket_listen;
        config.throttle = notifier::Throttles::all(throttle).into();
        config.keep_alive = Duration::from_secs(own.keep_alive_seconds.into());
        if let Some(most) = own.max_connections {
            config.max_connections = most;
        }
        config.check().map_err(|error| {
            Stop::error(exit::CONFIG, error.to_string(), "correct the section `notifier` in site.toml")
        })?;
        Ok(config)
    }

    /// Returns the folder of the log files.
    pub(crate) fn log_folder(&self) -> PathBuf {
        self.log_folder.clone().unwrap_or_else(|| self.folder.join("logs"))
    }
}
