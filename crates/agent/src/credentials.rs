//! What the device believes and what it shows: its identity, the site's trust document, and the end of TLS made of both.

use std::{fmt, path::Path};

use proof::{NotSigned, TrustDocument, Trusted};
use service::{proxy::Proxy, tls::TlsError};

use crate::{
    dial::Reach,
    identity::{Identity, IdentityError},
    management::{ManagementError, Place, Session},
};

/// What the device believes and shows. Replaced whole when a certificate or a trust document comes.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) identity: Identity,
    pub(crate) trust: TrustDocument,
    pub(crate) reach: Reach,
}

/// Why what the device keeps does not let it speak to its site.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The identity cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The kept trust document is not that of the device's site.
    #[error("the trust document that the device keeps is not its site's; enrol the device again")]
    Trust(#[from] NotSigned),
    /// The key or the certificate cannot be used.
    #[error("the key and certificate that the device keeps cannot be used; enrol the device again")]
    Tls(#[from] TlsError),
}

impl Credentials {
    /// Reads what the device keeps.
    pub(crate) fn load(folder: &Path, proxy: Option<Proxy>) -> Result<Self, CredentialsError> {
        Self::of(Identity::load(folder)?, proxy)
    }

    /// Makes the credentials of an identity, for connections that go through `proxy` where there is one.
    pub(crate) fn of(identity: Identity, proxy: Option<Proxy>) -> Result<Self, CredentialsError> {
        let trust = Trusted::verify(&identity.trust, identity.root)?.document().clone();
        let tls = service::tls::client_config(&trust.ca, Some((&identity.chain, &identity.key)))?;
        Ok(Self { identity, trust, reach: Reach { tls, proxy } })
    }

    /// Returns the URLs of the management points that the device knows.
    pub(crate) fn management_urls(&self) -> Vec<&str> {
        let known = &self.trust.servers.management;
        if known.is_empty() {
            return vec![&self.identity.management_url];
        }
        known.iter().map(String::as_str).collect()
    }

    /// Opens a connection to a management point, trying each that the device knows.
    pub(crate) async fn management(&self) -> Result<Session, ManagementError> {
        let mut last = None;
        for url in self.management_urls() {
            let place = match Place::of(url) {
                Ok(place) => place,
                Err(error) => {
                    last = Some(error);
                    continue;
                }
            };
            match Session::open(&place, &self.reach, self.identity.site).await {
                Ok(session) => return Ok(session),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| ManagementError::Url { url: String::new() }))
    }

    /// Returns where the notification servers are: `host:port` for TCP, and for the WebSocket.
    ///
    /// A server that is written as an `https://` URL is one for the WebSocket; the management points' hosts are tried as
    /// well, because a site in one process answers both behind one port.
    pub(crate) fn servers(&self) -> (Vec<String>, Vec<String>) {
        let servers = &self.trust.servers;
        let (web, tcp): (Vec<_>, Vec<_>) =
            servers.notification.iter().cloned().partition(|server| server.starts_with("https://"));
        let urls = web.iter().chain(&servers.management);
        let mut web: Vec<String> = Vec::new();
        for place in urls.filter_map(|url| Place::of(url).ok()) {
            if !web.contains(&place.address) {
                web.push(place.address);
            }
        }
        (tcp, web)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("identity", &self.identity)
            .field("trust", &self.trust.version)
            .finish_non_exhaustive()
    }
}
