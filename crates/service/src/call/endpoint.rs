//! Where a program is called.

use std::{fmt, io, path::PathBuf, sync::Arc};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::TlsConnector;

/// Where a program is called.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// A Unix socket on this host; the kernel says who calls.
    Unix(PathBuf),
    /// Another host, by TLS with certificates on both ends.
    Tls {
        /// Host and port.
        address: String,
        /// The name in the other end's certificate.
        name: ServerName<'static>,
        /// Whom this end trusts, and its own certificate.
        config: Arc<ClientConfig>,
    },
}

/// A stream of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Endpoint {
    /// Connects and leaves again, to see that somebody listens.
    ///
    /// # Errors
    ///
    /// Nobody does, or the other end is not who it should be.
    pub async fn reach(&self) -> io::Result<()> {
        self.connect().await.map(drop)
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Endpoint::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            Endpoint::Tls { address, name, config } => {
                let stream = TcpStream::connect(address).await?;
                // A call is one small frame and waits for its answer.
                stream.set_nodelay(true)?;
                let stream = TlsConnector::from(Arc::clone(config)).connect(name.clone(), stream).await?;
                Ok(Box::new(stream))
            }
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Unix(path) => path.display().fmt(f),
            Endpoint::Tls { address, .. } => f.write_str(address),
        }
    }
}
