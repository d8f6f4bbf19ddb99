//! Opens TLS connections.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// How long connecting may take: a listener with a full backlog answers the third SYN, after 3 s.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the handshake may take; a server under a thousand of them is slow.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// A TLS connection.
pub(crate) type Stream = TlsStream<TcpStream>;

/// Why a server could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// It does not accept.
    #[error("failed to connect to {address}")]
    Connect {
        /// The host and port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The TLS handshake failed.
    #[error("failed to make a TLS connection to {address}")]
    Handshake {
        /// The host and port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// TLS cannot be set up.
    #[error("failed to set up TLS")]
    Tls(#[source] rustls::Error),
}

/// Opens a connection to whoever `tls` accepts under `name`, at `address` (host and port), from this machine's address
/// `source` where one is given: one address has some 28,000 ports.
pub(crate) async fn open(
    address: &str,
    tls: &Arc<ClientConfig>,
    name: ServerName<'static>,
    source: Option<IpAddr>,
) -> Result<Stream, DialError> {
    let tcp = timeout(CONNECT, connect(address, source))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| DialError::Connect { address: address.to_owned(), source })?;
    // Messages are small and answers are waited for.
    let _ = tcp.set_nodelay(true);
    timeout(HANDSHAKE, TlsConnector::from(Arc::clone(tls)).connect(name, tcp))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| DialError::Handshake { address: address.to_owned(), source })
}

async fn connect(address: &str, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(source) = source else { return TcpStream::connect(address).await };
    let is_reachable = |to: &SocketAddr| to.is_ipv4() == source.is_ipv4();
    let to = lookup_host(address).await?.find(is_reachable).ok_or(io::ErrorKind::AddrNotAvailable)?;
    let socket = if source.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(SocketAddr::new(source, 0))?;
    socket.connect(to).await
}
