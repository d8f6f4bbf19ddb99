//! The end of TLS of one device: its own certificate, everything else shared by all of them.

use std::sync::Arc;

use rustls::{
    ClientConfig,
    client::Resumption,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::{CertifiedKey, SingleCertAndKey},
};

/// Sessions that a device keeps: one for each server of a site that it is sent to. The library's default keeps 256, and
/// room for them from the start.
const SESSIONS: usize = 2;

/// Why a device's certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the certificate that the site gave, or its key, cannot be used: {0}")]
pub(crate) struct NotUsable(String);

/// Makes a device's end of TLS from the one that all of them share.
pub(crate) fn of(
    shared: &ClientConfig,
    chain_pem: &str,
    key_pem: &str,
) -> Result<Arc<ClientConfig>, NotUsable> {
    // The other end has the CA's certificate: the device sends its own, which comes first.
    let own =
        CertificateDer::from_pem_slice(chain_pem.as_bytes()).map_err(|error| NotUsable(error.to_string()))?;
    let key =
        PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|error| NotUsable(error.to_string()))?;
    let key = shared
        .crypto_provider()
        .key_provider
        .load_private_key(key)
        .map_err(|error| NotUsable(error.to_string()))?;
    let mut config = shared.clone();
    config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(CertifiedKey::new(vec![own], key)));
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(Arc::new(config))
}
