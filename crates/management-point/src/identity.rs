//! The management point's own certificate: made at the start, replaced long before it ends. Its key is never stored.

use std::sync::Arc;

use action::{SiteId, Timestamp};
use proof::role::{self, SiteRole};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use service::{
    clock,
    error::Chain,
    log::ComponentLog,
    shutdown::Shutdown,
    tls::{self, ClientAuth, ClientVerifier, ServerCertificate, TlsError},
};
use tokio::time::{Duration, sleep};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{
    RENEWAL_GRACE,
    admit::only_uri,
    authority::{Authority, AuthorityError},
};

/// How often the trust document and the age of the certificate are looked at. A new CA is taken within that time; the
/// certificate is replaced weeks before its end.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The certificate, and what it says of the site.
#[derive(Debug)]
pub(crate) struct Identity {
    authority: Authority,
    /// Used by each handshake.
    pub(crate) certificate: Arc<ServerCertificate>,
    /// The site that it is of.
    pub(crate) site: SiteId,
    /// Verifies devices against the CA that issued it, and those before it that are believed.
    pub(crate) clients: Arc<ClientVerifier>,
    life: Life,
    /// The site's trust document when the certificate was made: with another one, it may be of another CA.
    trust: String,
}

/// Why the management point has no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCertificate {
    #[error("the authority issued none")]
    Withheld(#[from] AuthorityError),
    #[error("what the authority issued cannot be used")]
    Unusable(#[from] TlsError),
    #[error("what the authority issued is not a certificate of a management point: {0}")]
    Foreign(&'static str),
}

/// From when to when the certificate is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Life {
    from: Timestamp,
    to: Timestamp,
}

impl Life {
    /// Returns whether it is time for the next: after two thirds, so that a month without the authority does no harm.
    fn is_due(self, now: Timestamp) -> bool {
        now >= self.from.plus(self.to.since(self.from) * 2 / 3)
    }
}

impl Identity {
    /// Makes a key and has the authority certify it.
    pub(crate) async fn obtain(authority: Authority) -> Result<Self, NoCertificate> {
        let trust = authority.trust_document().await?;
        let (chain, key) = issue(&authority).await?;
        let Told { site, ca_pem, life } = Told::read(&chain)?;
        let certificate = ServerCertificate::new(&chain, &key)?;
        let clients = ClientVerifier::new(ClientAuth::OptionalExpired { ca_pem, grace: RENEWAL_GRACE })?;

        Ok(Self { authority, certificate, site, clients, life, trust })
    }

    /// Replaces the certificate when it is time, until the shutdown begins.
    pub(crate) async fn keep(mut self, log: ComponentLog, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.begun() => return,
                () = sleep(LOOK_EVERY) => {}
            }
            // An authority that is away is asked again.
            let Ok(trust) = self.authority.trust_document().await else { continue };
            if trust == self.trust && !self.life.is_due(clock::now()) {
                continue;
            }
            match self.replace(trust).await {
                Ok(()) => {
                    log.info(format_args!("Renewed the server certificate, valid until {}.", self.life.to))
                }
                Err(error) => log.error(format_args!(
                    "Failed to renew the server certificate, the old one is valid until {}: {}",
                    self.life.to,
                    Chain(&error)
                )),
            }
        }
    }

    async fn replace(&mut self, trust: String) -> Result<(), NoCertificate> {
        let (chain, key) = issue(&self.authority).await?;
        let told = Told::read(&chain)?;
        // Those who may come first, so that nobody is shown a certificate whose CA is not believed here.
        self.clients.replace(&told.ca_pem)?;
        self.certificate.replace(&chain, &key)?;
        (self.life, self.trust) = (told.life, trust);

        Ok(())
    }
}

async fn issue(authority: &Authority) -> Result<(String, String), NoCertificate> {
    let fresh = tls::key_and_csr()?;
    let chain = authority.server_certificate(fresh.csr_pem).await?;

    Ok((chain, fresh.key_pem))
}

/// What a chain says.
struct Told {
    site: SiteId,
    ca_pem: String,
    life: Life,
}

impl Told {
    fn read(chain: &str) -> Result<Self, NoCertificate> {
        let own = CertificateDer::from_pem_slice(chain.as_bytes())
            .map_err(|_| NoCertificate::Foreign("it is no PEM text"))?;
        let (_, own) =
            X509Certificate::from_der(&own).map_err(|_| NoCertificate::Foreign("it cannot be read"))?;
        let uri = only_uri(&own).map_err(|_| NoCertificate::Foreign("it names no role"))?;
        let (site, SiteRole::ManagementPoint) =
            role::parse(uri).map_err(|_| NoCertificate::Foreign("its role is none"))?
        else {
            return Err(NoCertificate::Foreign("it is of another role"));
        };
        // All but the first: its issuer, and the CAs before it that are believed.
        let second = chain.match_indices("-----BEGIN CERTIFICATE-----").nth(1).map(|(start, _)| start);
        let ca_pem =
            second.map(|start| &chain[start..]).ok_or(NoCertificate::Foreign("the CA's is missing"))?;
        let at = |time: x509_parser::time::ASN1Time| Timestamp(time.timestamp().saturating_mul(1_000));
        let life = Life { from: at(own.validity().not_before), to: at(own.validity().not_after) };

        Ok(Self { site, ca_pem: ca_pem.to_owned(), life })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_replaced_after_two_thirds_of_its_life() {
        let day = Duration::from_secs(86_400);
        let from = Timestamp(1_000);
        let life = Life { from, to: from.plus(day * 90) };
        assert!(!life.is_due(from));
        assert!(!life.is_due(from.plus(day * 60).minus(Duration::from_millis(1))));
        assert!(life.is_due(from.plus(day * 60)));
        assert!(life.is_due(from.plus(day * 100)));
    }
}
