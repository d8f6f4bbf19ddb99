//! A server's certificate, which can be replaced while connections stand.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::signal::unix::{SignalKind, signal};

use super::{TlsError, certificates, private_key, provider};
use crate::{error::Chain, log::ComponentLog, shutdown::Shutdown};

/// How often certificate files are looked at. They are replaced days before the old certificate ends.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// A server's certificate and key. What is replaced holds for connections made from then on.
#[derive(Debug)]
pub struct ServerCertificate(RwLock<Arc<CertifiedKey>>);

impl ServerCertificate {
    /// Makes it from a certificate chain, the server's own certificate first, and its key, both PEM.
    pub fn new(chain_pem: &str, key_pem: &str) -> Result<Arc<Self>, TlsError> {
        Ok(Arc::new(Self(RwLock::new(certified(chain_pem, key_pem)?))))
    }

    /// Replaces chain and key; on an error the old ones stay.
    pub fn replace(&self, chain_pem: &str, key_pem: &str) -> Result<(), TlsError> {
        let fresh = certified(chain_pem, key_pem)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn certified(chain_pem: &str, key_pem: &str) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(chain_pem, "the server's certificate")?;
    // Also refuses a key that is not the certificate's.
    let key = CertifiedKey::from_der(chain, private_key(key_pem)?, &provider())
        .map_err(|source| TlsError::NotUsable { what: "the server's certificate with its key", source })?;
    Ok(Arc::new(key))
}

/// A server's certificate and key in two files, read again when they change.
#[derive(Debug)]
pub struct CertificateFiles {
    chain: PathBuf,
    key: PathBuf,
    certificate: Arc<ServerCertificate>,
}

impl CertificateFiles {
    /// Reads the two files.
    pub fn load(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let certificate = ServerCertificate::new(&read(chain)?, &read(key)?)?;
        Ok(Self { chain: chain.to_owned(), key: key.to_owned(), certificate })
    }

    /// Returns the certificate, which follows the files while [`CertificateFiles::watch`] runs.
    pub fn certificate(&self) -> Arc<ServerCertificate> {
        Arc::clone(&self.certificate)
    }

    /// Reads the files again; on an error the old certificate stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.certificate.replace(&read(&self.chain)?, &read(&self.key)?)
    }

    /// Reads the files again when they have changed, and on SIGHUP, until the shutdown begins.
    pub async fn watch(self, log: ComponentLog, shutdown: Shutdown) {
        let mut hangups = signal(SignalKind::hangup()).ok();
        let mut seen = self.state();
        loop {
            let hangup = async {
                match &mut hangups {
                    Some(hangups) => hangups.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shutdown.begun() => return,
                _ = hangup => {}
                () = tokio::time::sleep(LOOK_EVERY) => {
                    if self.state() == seen {
                        continue;
                    }
                }
            }
            seen = self.state();
            match self.reload() {
                Ok(()) => log.info(format_args!("Loaded the certificate {} again.", self.chain.display())),
                Err(error) => log.error(format_args!(
                    "Failed to load the certificate {} again, the old one stays in use: {}",
                    self.chain.display(),
                    Chain(&error)
                )),
            }
        }
    }

    /// Returns what changes when a file is replaced.
    fn state(&self) -> [Option<(std::time::SystemTime, u64)>; 2] {
        [&self.chain, &self.key].map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}

fn read(path: &Path) -> Result<String, TlsError> {
    fs::read_to_string(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
