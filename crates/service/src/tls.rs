//! The ends of TLS: one provider (aws-lc), TLS 1.3 on the site's own wires, certificates that can be replaced while
//! the program runs.

mod certificate;
mod client;
mod key;
mod server;
mod unbelieving;
mod verify;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use rustls::{
    CipherSuite, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

pub use certificate::{CertificateFiles, ServerCertificate};
pub use client::{Shown, client_config, outside_client_config};
pub use key::{KeyAndCsr, key_and_csr};
pub use server::{ClientAuth, server_config, server_config_with, web_server_config};
pub use unbelieving::unbelieving;
pub use verify::ClientVerifier;

/// Why an end of TLS could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate file cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A PEM text does not hold what it must.
    #[error("{what} is no PEM text with at least one entry")]
    NotPem {
        /// What it is.
        what: &'static str,
    },
    /// Certificates or keys cannot be used together.
    #[error("{what} cannot be used")]
    NotUsable {
        /// What.
        what: &'static str,
        /// Why.
        source: rustls::Error,
    },
    /// A verifier of the other end cannot be made.
    #[error("the trusted CA certificates cannot be used")]
    Verifier(#[source] rustls::server::VerifierBuilderError),
    /// A key or a request for a certificate cannot be made.
    #[error("failed to make a key and a request for its certificate")]
    Key(#[source] rcgen::Error),
    /// The system has no root certificates.
    #[error("found no root certificates on this system; install ca-certificates or name a CA file")]
    NoRoots,
}

/// Makes aws-lc the process's TLS provider. Each program calls it first; a second call changes nothing.
pub fn install_provider() {
    let _ = CryptoProvider::clone(&PROVIDER).install_default();
}

/// The provider, with AES-128 first: hashing the handshake with SHA-384 costs 12 % of it on processors without
/// SHA-512 instructions, and adds nothing to keys of 128-bit strength.
static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    Arc::new(provider)
});

/// Returns the first certificate of a chain, DER: the server's own.
///
/// # Errors
///
/// Says that the text holds none.
pub fn own_certificate(chain_pem: &str) -> Result<Vec<u8>, TlsError> {
    let what = "the certificate";
    let first = certificates(chain_pem, what)?.into_iter().next();
    first.map(|certificate| certificate.to_vec()).ok_or(TlsError::NotPem { what })
}

fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}

fn certificates(pem: &str, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or(TlsError::NotPem { what })
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| TlsError::NotPem { what: "the private key" })
}

fn roots(ca_pem: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca_pem, "the CA certificate")? {
        roots
            .add(certificate)
            .map_err(|source| TlsError::NotUsable { what: "the CA certificate", source })?;
    }
    Ok(roots)
}

#[cfg(test)]
mod tests;
