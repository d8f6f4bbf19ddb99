//! Opens a connection to the console: through the proxy if one is set, with TLS unless the console is on this machine.
//!
//! Each step that fails has its own error, so that whoever attaches a site reads which one it was.

use std::{fmt, fs, io, path::PathBuf, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use service::{
    proxy::{Proxy, ProxyError},
    tls::{Shown, TlsError, outside_client_config},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::console_url::{ConsoleUrl, is_this_machine};

/// How long each step may take: a packet that is lost twice is sent again within 3 s.
const STEP: Duration = Duration::from_secs(10);

/// Knows the way to one console.
#[derive(Clone)]
pub(crate) struct Dialer {
    console: ConsoleUrl,
    proxy: Option<Proxy>,
    tls: Option<(Arc<ClientConfig>, Arc<Shown>)>,
}

/// A connection, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Why there is no connection to the console.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The file of trusted certificates cannot be read.
    #[error("failed to read the CA file {}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nobody to trust.
    #[error("the trusted certificates cannot be used")]
    Trust(#[source] TlsError),
    /// Nobody answers there.
    #[error("failed to connect to {address}")]
    Connect {
        /// Host and port: of the console, or of the proxy.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The proxy gives no way to the console.
    #[error("the proxy {proxy} gives no way to the console: {reason}")]
    Proxy {
        /// Host and port.
        proxy: String,
        /// Why.
        reason: String,
    },
    /// What answers shows a certificate of an issuer that is not trusted: most often a proxy that inspects TLS.
    #[error(
        "what answers as {host} shows a certificate that `{issuer}` has issued, whom this host does not trust: a proxy that inspects TLS?"
    )]
    Inspected {
        /// The console's host.
        host: String,
        /// Who issued the certificate, in its own words.
        issuer: String,
    },
    /// The other end of TLS is not trusted, or does not speak it.
    #[error("failed to set up TLS with {host}")]
    Tls {
        /// The console's host.
        host: String,
        /// Why.
        source: io::Error,
    },
}

impl DialError {
    /// Returns the name of the step that failed.
    pub fn check(&self) -> &'static str {
        match self {
            DialError::Connect { .. } | DialError::Proxy { .. } => "reachability",
            DialError::CaFile { .. } | DialError::Trust(_) | DialError::Tls { .. } => "TLS",
            DialError::Inspected { .. } => "TLS-inspecting proxy",
        }
    }

    /// Returns what the site's owner can do.
    pub fn fix(&self) -> &'static str {
        match self {
            DialError::CaFile { .. } | DialError::Trust(_) => {
                "Name a readable PEM file in `connector.ca-file`, or remove it and install ca-certificates."
            }
            DialError::Connect { .. } => {
                "Check the address, and that this host may reach it; where a proxy is needed, set `connector.proxy`."
            }
            DialError::Proxy { .. } => {
                "Check `connector.proxy`, its name and password, and that the proxy allows the console."
            }
            DialError::Inspected { .. } => {
                "Have the proxy leave the console's host alone, or name its CA in `connector.ca-file`: the link's own keys keep \
                 it from changing anything. Where the console's CA is your own, name that."
            }
            DialError::Tls { .. } => {
                "Check that the console's certificate is for this host name and has not ended; if its CA is your own, \
                 or a proxy inspects TLS, name that CA in `connector.ca-file`."
            }
        }
    }
}

impl Dialer {
    pub(crate) fn new(
        console: ConsoleUrl,
        proxy: Option<Proxy>,
        ca_file: Option<&PathBuf>,
    ) -> Result<Self, DialError> {
        let tls = if console.is_secure() { Some(trust(ca_file)?) } else { None };
        // A console on this machine is never behind a proxy.
        let proxy = proxy.filter(|_| !is_this_machine(console.host()));
        Ok(Self { console, proxy, tls })
    }

    pub(crate) fn console(&self) -> &ConsoleUrl {
        &self.console
    }

    /// Returns the certificate that the other end showed last, DER.
    pub(crate) fn shown(&self) -> Option<Vec<u8>> {
        self.tls.as_ref().and_then(|(_, shown)| shown.certificate())
    }

    pub(crate) async fn dial(&self) -> Result<Box<dyn Stream>, DialError> {
        let stream = match &self.proxy {
            None => connect(self.console.host(), self.console.port()).await?,
            Some(proxy) => {
                let mut stream = connect(proxy.host(), proxy.port()).await?;
                let reason = match timeout(STEP, proxy.open(&mut stream, &self.console.host_and_port())).await
                {
                    Ok(Ok(())) => None,
                    Ok(Err(ProxyError::Broken(error))) => Some(error.to_string()),
                    Ok(Err(refused @ ProxyError::Refused { .. })) => Some(refused.to_string()),
                    Err(_) => Some(too_late().to_string()),
                };
                match reason {
                    None => stream,
                    Some(reason) => return Err(DialError::Proxy { proxy: proxy.address(), reason }),
                }
            }
        };
        let Some((config, _)) = &self.tls else { return Ok(Box::new(stream)) };

        let failed = |source: io::Error| self.tls_failed(source);
        let name = ServerName::try_from(self.console.host().to_owned())
            .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        match timeout(STEP, TlsConnector::from(Arc::clone(config)).connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(failed(too_late())),
        }
    }
}

impl Dialer {
    fn tls_failed(&self, source: io::Error) -> DialError {
        let host = self.console.host().to_owned();
        let cause = source.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        // A CA of the same name with another key is as unknown.
        let stranger = matches!(
            cause,
            Some(rustls::Error::InvalidCertificate(
                rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature
            ))
        );
        match self.shown().filter(|_| stranger).and_then(|shown| issuer(&shown)) {
            Some(issuer) => DialError::Inspected { host, issuer },
            None => DialError::Tls { host, source },
        }
    }
}

/// Returns who issued a certificate, without what could harm a log or a terminal.
pub(crate) fn issuer(certificate: &[u8]) -> Option<String> {
    const LONGEST: usize = 200;
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.issuer().to_string().chars().filter(|c| !c.is_control()).take(LONGEST).collect())
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer")
            .field("console", &self.console)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

fn trust(ca_file: Option<&PathBuf>) -> Result<(Arc<ClientConfig>, Arc<Shown>), DialError> {
    let pem = match ca_file {
        None => None,
        Some(path) => Some(
            fs::read_to_string(path).map_err(|source| DialError::CaFile { path: path.clone(), source })?,
        ),
    };
    outside_client_config(pem.as_deref()).map_err(DialError::Trust)
}

async fn connect(host: &str, port: u16) -> Result<TcpStream, DialError> {
    let failed = |source| DialError::Connect { address: format!("{host}:{port}"), source };
    match timeout(STEP, TcpStream::connect((host, port))).await {
        Ok(Ok(stream)) => {
            // Frames are whole when they are written.
            stream.set_nodelay(true).map_err(failed)?;
            Ok(stream)
        }
        Ok(Err(error)) => Err(failed(error)),
        Err(_) => Err(failed(too_late())),
    }
}

fn too_late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", STEP.as_secs()))
}
