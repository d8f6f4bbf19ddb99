//! A fresh key, and the request for its certificate.

use std::fmt;

use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};

use super::TlsError;

/// A fresh ECDSA P-256 key, and the request for its certificate.
#[derive(Clone, Eq, PartialEq)]
pub struct KeyAndCsr {
    /// The private key, PKCS#8 in PEM. Secret.
    pub key_pem: String,
    /// The request, PKCS#10 in PEM. It proves the key and says nothing else: who signs it sets the names.
    pub csr_pem: String,
}

impl fmt::Debug for KeyAndCsr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyAndCsr").field("csr_pem", &self.csr_pem).finish_non_exhaustive()
    }
}

/// Makes a key and the request for its certificate.
pub fn key_and_csr() -> Result<KeyAndCsr, TlsError> {
    let make = || {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let csr_pem = params.serialize_request(&key)?.pem()?;
        Ok(KeyAndCsr { key_pem: key.serialize_pem(), csr_pem })
    };
    make().map_err(TlsError::Key)
}
