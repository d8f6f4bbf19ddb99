//! Opens a TLS connection to a server of the site: looked up anew at each attempt, and accepted only if its certificate
//! says that it is that server of that site.

use std::{io, sync::Arc, time::Duration};

use action::SiteId;
use proof::role::{self, SiteRole};
use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, InvalidDnsNameError, ServerName},
};
use service::proxy::{Proxy, ProxyError};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// How long one address may take to accept: a network that drops packets silently is the usual reason for the WebSocket.
const CONNECT: Duration = Duration::from_secs(5);
/// How long looking up a name may take.
const LOOK_UP: Duration = Duration::from_secs(10);
/// How long the handshake may take; a server under a storm of reconnects is slow.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 8;

/// How long a proxy may take to open the way: it connects to the server meanwhile.
const PROXY: Duration = Duration::from_secs(15);

/// What a device shows and believes, and its way out of the network that it is in.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) tls: Arc<ClientConfig>,
    /// The HTTP proxy that every connection goes through, where one is set.
    pub(crate) proxy: Option<Proxy>,
}

/// A TLS connection.
pub(crate) type Stream = TlsStream<TcpStream>;

/// Why a server could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Its name cannot be looked up.
    #[error("failed to look up {address}")]
    LookUp {
        /// The host and port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// It does not accept.
    #[error("failed to connect to {address}")]
    Connect {
        /// The host and port.
        address: String,
        /// Why, for the last of its addresses.
        source: io::Error,
    },
    /// The proxy opens no way.
    #[error(
        "the proxy {proxy} opens no way to {address}; check `proxy` in agent.toml, and that the proxy allows this port"
    )]
    Proxy {
        /// The proxy's host and port.
        proxy: String,
        /// The host and port.
        address: String,
        /// Why.
        source: ProxyError,
    },
    /// The TLS handshake failed.
    #[error("failed to make a TLS connection to {address}")]
    Handshake {
        /// The host and port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Its certificate is that of something else.
    #[error("the certificate of {address} is not that of a {expected} of this site")]
    WrongRole {
        /// The host and port.
        address: String,
        /// What it must be.
        expected: &'static str,
    },
    /// TLS cannot be set up.
    #[error("failed to set up TLS")]
    Tls(#[source] rustls::Error),
    /// The expected name is no name.
    #[error("the name that the server must have is not valid")]
    Name(#[from] InvalidDnsNameError),
}

impl DialError {
    /// Returns whether the other end's certificate is not of a CA that is believed: it is a stranger's, or the site has
    /// another CA by now.
    pub(crate) fn is_distrust(&self) -> bool {
        let DialError::Handshake { source, .. } = self else { return false };
        let cause = source.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        matches!(cause, Some(rustls::Error::InvalidCertificate(_)))
    }
}

/// Opens a connection to the server of `site` that has `role`, at `address` (host and port).
pub(crate) async fn server(
    address: &str,
    reach: &Reach,
    site: SiteId,
    server: &SiteRole,
) -> Result<Stream, DialError> {
    let name = ServerName::try_from(role::dns_name(site, server))?;
    let stream = tls_to(address, reach, name).await?;
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates().and_then(|chain| chain.first());
    if certificate.is_some_and(|certificate| has_uri(certificate, &role::uri(site, server))) {
        return Ok(stream);
    }
    let expected = match server {
        SiteRole::NotificationServer => "notification server",
        SiteRole::ManagementPoint => "management point",
        SiteRole::Device { .. } => "device",
    };
    Err(DialError::WrongRole { address: address.to_owned(), expected })
}

/// Opens a connection; whom it leads to is the business of TLS.
pub(crate) async fn tls_to(
    address: &str,
    reach: &Reach,
    name: ServerName<'static>,
) -> Result<Stream, DialError> {
    let tcp = match &reach.proxy {
        Some(proxy) => through(proxy, address).await?,
        None => tcp(address).await?,
    };
    let handshake = timeout(HANDSHAKE, TlsConnector::from(Arc::clone(&reach.tls)).connect(name, tcp));
    handshake
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| DialError::Handshake { address: address.to_owned(), source })
}

/// Has a proxy open the way. It looks the server's name up itself: the device's network may not know it.
async fn through(proxy: &Proxy, address: &str) -> Result<TcpStream, DialError> {
    let mut tcp = tcp(&proxy.address()).await?;
    let opened = timeout(PROXY, proxy.open(&mut tcp, address)).await;
    let late = || Err(ProxyError::Broken(io::ErrorKind::TimedOut.into()));
    opened.unwrap_or_else(|_| late()).map_err(|source| DialError::Proxy {
        proxy: proxy.address(),
        address: address.to_owned(),
        source,
    })?;
    Ok(tcp)
}

async fn tcp(address: &str) -> Result<TcpStream, DialError> {
    let found =
        timeout(LOOK_UP, lookup_host(address)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let found = found.map_err(|source| DialError::LookUp { address: address.to_owned(), source })?;

    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for resolved in found.take(MOST_ADDRESSES) {
        let attempt = timeout(CONNECT, TcpStream::connect(resolved)).await;
        match attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                // Messages are small and answers are waited for.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(DialError::Connect { address: address.to_owned(), source: last })
}

/// Returns whether a certificate names a URI among its alternative names.
fn has_uri(certificate: &CertificateDer<'_>, uri: &str) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return false };
    names.value.general_names.iter().any(|name| matches!(name, GeneralName::URI(found) if *found == uri))
}
