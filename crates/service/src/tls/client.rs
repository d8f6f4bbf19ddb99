//! The client's end of TLS.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WantsClientCert, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    version::TLS13,
};

use super::{TlsError, certificates, private_key, provider, roots};

/// Makes the client's end of a wire of the site: TLS 1.3, trusting the site's CA and nothing else. `identity` is this
/// end's own certificate chain and key, PEM.
pub fn client_config(ca_pem: &str, identity: Option<(&str, &str)>) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|source| TlsError::NotUsable { what: "TLS 1.3", source })?
        .with_root_certificates(roots(ca_pem)?);
    // The other end has the CA's certificate: sent along, it is bytes of each handshake, and kept for each connection.
    finish(builder, identity, &certificates(ca_pem, "the CA certificate")?)
}

/// Makes the client's end of a connection that leaves the site, to a console: TLS 1.2 or 1.3, trusting `ca_pem` where
/// the owner named a CA file, else the system's roots. What the other end showed last is kept, believed or not: a proxy
/// that reads along shows a certificate of its own.
pub fn outside_client_config(ca_pem: Option<&str>) -> Result<(Arc<ClientConfig>, Arc<Shown>), TlsError> {
    let trusted = match ca_pem {
        Some(pem) => roots(pem)?,
        None => system_roots()?,
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(trusted), provider());
    let verifier = verifier.build().map_err(TlsError::Verifier)?;
    let shown = Arc::new(Shown { verifier, last: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|source| TlsError::NotUsable { what: "TLS 1.2 and 1.3", source })?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&shown) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    Ok((Arc::new(config), shown))
}

/// What a server showed at the last handshake.
#[derive(Debug)]
pub struct Shown {
    verifier: Arc<WebPkiServerVerifier>,
    last: Mutex<Option<CertificateDer<'static>>>,
}

impl Shown {
    /// Returns the server's own certificate of the last handshake, DER.
    pub fn certificate(&self) -> Option<Vec<u8>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|shown| shown.to_vec())
    }
}

/// Verifies as the library does.
impl ServerCertVerifier for Shown {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate.clone().into_owned());
        self.verifier.verify_server_cert(certificate, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

fn finish(
    builder: rustls::ConfigBuilder<ClientConfig, WantsClientCert>,
    identity: Option<(&str, &str)>,
    known: &[CertificateDer<'static>],
) -> Result<Arc<ClientConfig>, TlsError> {
    let Some((chain_pem, key_pem)) = identity else { return Ok(Arc::new(builder.with_no_client_auth())) };
    let mut chain = certificates(chain_pem, "the client's certificate")?;
    let mut is_own = true;
    chain.retain(|certificate| std::mem::take(&mut is_own) || !known.contains(certificate));
    let config = builder
        .with_client_auth_cert(chain, private_key(key_pem)?)
        .map_err(|source| TlsError::NotUsable { what: "the client's certificate with its key", source })?;
    Ok(Arc::new(config))
}

fn system_roots() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    // One broken file among the system's hundred does not make the others worthless.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(TlsError::NoRoots) } else { Ok(roots) }
}
