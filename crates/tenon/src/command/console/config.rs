//! The configuration file of a console: `console.toml`.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use serde::Deserialize;

/// The file of a console, as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ConsoleFile {
    /// The folder that holds the console's store, key and logs.
    pub(crate) folder: PathBuf,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// How admins and sites reach it, such as `https://console.example`.
    pub(crate) public_url: String,
    /// The store: `sqlite:PATH` or `postgres://…`; a SQLite file in the folder where it is left out.
    pub(crate) database: Option<String>,
    /// The folder of the log file; `logs` in the console's folder where it is left out.
    pub(crate) log_folder: Option<PathBuf>,
    /// Its own certificate. Without it, it speaks plain HTTP: on a loopback address, or behind a trusted proxy only.
    pub(crate) tls: Option<TlsSection>,
    /// Reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    #[serde(default)]
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// Whether OpenID Connect issuers of tenants may be at private, loopback and link-local addresses.
    #[serde(default)]
    pub(crate) private_issuers: bool,
    /// How many days the audit is kept; 400 where it is left out.
    pub(crate) keep_audit_days: Option<u32>,
    /// Certificates that are trusted for issuers beside the system's, PEM.
    pub(crate) issuer_ca_file: Option<PathBuf>,
    /// Whoever watches the console.
    #[serde(default)]
    pub(crate) metrics: MetricsSection,
    /// The collector of OpenTelemetry that gets a trace of ended actions.
    pub(crate) traces: Option<TracesSection>,
}

/// Where traces go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TracesSection {
    /// The collector's address for traces by HTTP, such as `http://127.0.0.1:4318/v1/traces`.
    pub(crate) endpoint: String,
    /// Which share of the actions is handed on, 0 to 1; all where it is left out.
    pub(crate) share: Option<f64>,
}

/// Where metrics and health are read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MetricsSection {
    /// Where it listens, such as `127.0.0.1:9464`; nowhere where it is left out.
    pub(crate) listen: Option<SocketAddr>,
}

/// The console's certificate; the files are read again when they change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TlsSection {
    /// The certificate and those between it and its root, PEM.
    pub(crate) certificate: PathBuf,
    /// Its key, PEM.
    pub(crate) key: PathBuf,
}

impl ConsoleFile {
    /// Returns the URL of the store.
    pub(crate) fn database_url(&self) -> String {
        self.database
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.folder.join("console.db").display()))
    }

    /// Returns the folder of the log file.
    pub(crate) fn log_folder(&self) -> PathBuf {
        self.log_folder.clone().unwrap_or_else(|| self.folder.join("logs"))
    }
}
