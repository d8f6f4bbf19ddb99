//! What a console is started with, checked.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use service::metrics::Metrics;

use crate::spans::TracesConfig;

/// What a console is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How people and sites reach it, such as `https://console.example`.
    pub public_url: String,
    /// Its store: `sqlite:/path/console.db` or `postgres://…`.
    pub database: String,
    /// Its own certificate. Without one it speaks plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether issuers of tenants may be at private, loopback and link-local addresses.
    pub private_issuers: bool,
    /// Certificates that are trusted for issuers beside the system's, PEM.
    pub issuer_ca_file: Option<PathBuf>,
    /// How long ended actions are kept, with their history.
    pub keep_actions: Duration,
    /// How long the audit is kept.
    pub keep_audit: Duration,
    /// Where it listens for whoever reads its metrics and health; nowhere where it is left out.
    pub metrics_listen: Option<SocketAddr>,
    /// Where it counts.
    pub metrics: Metrics,
    /// Where traces of ended actions go; nowhere where it is left out.
    pub traces: Option<TracesConfig>,
}

/// A certificate and its key, read again when they change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFiles {
    /// The certificate and those between it and its root, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

/// Why a console does not start with these settings.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// Plain HTTP would be reachable from other machines.
    #[error(
        "`listen` is {listen}, and without a certificate that would be plain HTTP for everybody: set `tls`, listen on a \
         loopback address, or name the reverse proxy in `trusted-proxies`"
    )]
    PlainHttp {
        /// Where it was to listen.
        listen: SocketAddr,
    },
    /// The address for people is none.
    #[error(
        "`public-url` is `{url}`: it must begin with https://, or with http:// and name a loopback host, and have no path"
    )]
    PublicUrl {
        /// What it is.
        url: String,
    },
}

impl Config {
    /// How long ended actions are kept by default: a quarter, as most audits ask.
    pub const KEEP_ACTIONS: Duration = Duration::from_hours(90 * 24);

    /// How long the audit is kept by default: a year, and time to look back at it.
    pub const KEEP_AUDIT: Duration = Duration::from_hours(400 * 24);

    /// Makes settings with the defaults.
    pub fn new(listen: SocketAddr, public_url: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            listen,
            public_url: public_url.into(),
            database: database.into(),
            tls: None,
            trusted_proxies: Vec::new(),
            private_issuers: false,
            issuer_ca_file: None,
            keep_actions: Self::KEEP_ACTIONS,
            keep_audit: Self::KEEP_AUDIT,
            metrics_listen: None,
            metrics: Metrics::new(),
            traces: None,
        }
    }

    /// Returns whether people reach the console over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Returns the origin of the console's page.
    pub(crate) fn origin(&self) -> &str {
        self.public_url.trim_end_matches('/')
    }

    /// Checks that the settings are safe together.
    ///
    /// # Errors
    ///
    /// Names the setting and the fix.
    pub fn check(&self) -> Result<(), ConfigError> {
        let hidden = self.listen.ip().is_loopback() || !self.trusted_proxies.is_empty();
        if self.tls.is_none() && !hidden {
            return Err(ConfigError::PlainHttp { listen: self.listen });
        }
        if is_public_url(&self.public_url) {
            Ok(())
        } else {
            Err(ConfigError::PublicUrl { url: self.public_url.chars().take(100).collect() })
        }
    }
}

fn is_public_url(url: &str) -> bool {
    let (secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return false,
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let plain =
        authority.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    };
    let loopback = host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    plain && !host.is_empty() && (secure || loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_or_a_proxy() {
        let tls = TlsFiles { certificate: "c.pem".into(), key: "k.pem".into() };
        let proxy = vec![IpAddr::from([192, 0, 2, 1])];
        for (listen, tls, proxies, allowed) in [
            ("127.0.0.1:8080", None, vec![], true),
            ("[::1]:8080", None, vec![], true),
            ("0.0.0.0:8080", None, vec![], false),
            ("0.0.0.0:443", Some(tls), vec![], true),
            ("0.0.0.0:8080", None, proxy, true),
        ] {
            let config = Config::new(
                listen.parse().expect("an address"),
                "https://console.example",
                "sqlite::memory:",
            );
            let config = Config { tls, trusted_proxies: proxies, ..config };
            assert_eq!(config.check().is_ok(), allowed, "{listen}");
        }
    }

    #[test]
    fn the_address_for_people_is_an_origin() {
        for (url, good) in [
            ("https://console.example", true),
            ("https://console.example:8443/", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://console.example", false),
            ("https://console.example/path", false),
            ("https://", false),
            ("console.example", false),
            ("https://ann@console.example", false),
        ] {
            assert_eq!(is_public_url(url), good, "{url}");
        }
    }
}
