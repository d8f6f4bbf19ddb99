//! Verifiers of clients: one that can be replaced while connections stand, and one that takes certificates for a while
//! after their end.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::{ClientAuth, TlsError, server::verifier};

/// Verifies a server's clients; which CAs they may be of can be replaced, and holds for connections made from then on.
#[derive(Debug)]
pub struct ClientVerifier {
    clients: ClientAuth,
    current: RwLock<Arc<dyn ClientCertVerifier>>,
}

impl ClientVerifier {
    /// Makes a verifier.
    pub fn new(clients: ClientAuth) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(of(&clients)?);
        Ok(Arc::new(Self { clients, current }))
    }

    /// Verifies against these CAs from now on, PEM; on an error the old ones stay.
    pub fn replace(&self, ca_pem: &str) -> Result<(), TlsError> {
        let fresh = of(&self.clients.with(ca_pem))?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    fn current(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn of(clients: &ClientAuth) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    Ok(verifier(clients)?.unwrap_or_else(WebPkiClientVerifier::no_client_auth))
}

impl ClientCertVerifier for ClientVerifier {
    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.current().verify_client_cert(certificate, intermediates, now)
    }

    fn offer_client_auth(&self) -> bool {
        self.current().offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.current().client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // A device has one certificate, and needs no hint which.
        &[]
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current().verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current().verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.current().supported_verify_schemes()
    }
}

/// Verifies as `strict` does, but as of its last second where a certificate ended at most `grace` ago.
#[derive(Debug)]
pub(super) struct Lenient {
    pub(super) strict: Arc<dyn ClientCertVerifier>,
    pub(super) grace: Duration,
}

impl ClientCertVerifier for Lenient {
    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.strict.verify_client_cert(certificate, intermediates, now) {
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext { time, not_after }))
                if time.as_secs().saturating_sub(not_after.as_secs()) <= self.grace.as_secs() =>
            {
                self.strict.verify_client_cert(certificate, intermediates, not_after)
            }
            outcome => outcome,
        }
    }

    fn offer_client_auth(&self) -> bool {
        self.strict.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.strict.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.strict.root_hint_subjects()
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}
