//! Certificates: the server's own, made at the start and replaced long before it ends, whose CAs devices may be of, and what
//! a device's says.

use std::sync::Arc;

use action::{SiteId, Timestamp};
use device_channel::server::Identity;
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
use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate};

use crate::authority::{Authority, AuthorityError};

/// How often the trust document and the age of the certificate are looked at. A new CA is taken within that time; the
/// certificate is replaced weeks before its end.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The server's certificate, and what it says of the site. Its key is never stored.
#[derive(Debug)]
pub(crate) struct OwnCertificate {
    authority: Authority,
    /// Used by each handshake.
    pub(crate) certificate: Arc<ServerCertificate>,
    /// The site that it is of.
    pub(crate) site: SiteId,
    /// The CA that issued it, and those before it that are believed, PEM.
    pub(crate) ca_pem: String,
    /// Verifies devices against these CAs.
    pub(crate) clients: Arc<ClientVerifier>,
    life: Life,
    /// The site's trust document when the certificate was made: with another one, it may be of another CA.
    trust: String,
}

/// Why the server has no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCertificate {
    #[error("the authority issued none")]
    Withheld(#[from] AuthorityError),
    #[error("what the authority issued cannot be used")]
    Unusable(#[from] TlsError),
    #[error("what the authority issued is not a certificate of a notification server: {0}")]
    Foreign(&'static str),
}

/// What a certificate says of its holder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Holder {
    pub(crate) site: SiteId,
    pub(crate) role: SiteRole,
    pub(crate) life: Life,
}

/// From when to when a certificate is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Life {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Life {
    /// Returns whether it is time for the next: after two thirds, so that a month without the authority does no harm.
    fn is_due(self, now: Timestamp) -> bool {
        now >= self.from.plus(self.to.since(self.from) * 2 / 3)
    }
}

impl Holder {
    /// Reads a certificate. It must name one role, in the one URI among its names.
    pub(crate) fn read(certificate: &[u8]) -> Result<Self, &'static str> {
        let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| "it cannot be read")?;
        let mut uris = certificate.extensions().iter().flat_map(|extension| {
            let names = match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => names.general_names.as_slice(),
                _ => &[],
            };
            names.iter().filter_map(|name| match name {
                GeneralName::URI(uri) => Some(*uri),
                _ => None,
            })
        });
        let (Some(uri), None) = (uris.next(), uris.next()) else { return Err("it names no role") };
        let (site, role) = role::parse(uri).map_err(|_| "its role is none")?;
        let at = |time: x509_parser::time::ASN1Time| Timestamp(time.timestamp().saturating_mul(1_000));
        let validity = certificate.validity();
        Ok(Self { site, role, life: Life { from: at(validity.not_before), to: at(validity.not_after) } })
    }

    /// Returns the device, where the holder is one of that site.
    pub(crate) fn device_of(&self, site: SiteId) -> Option<Identity> {
        match self.role {
            SiteRole::Device { device, enrolment } if self.site == site => {
                Some(Identity { device, enrolment })
            }
            _ => None,
        }
    }
}

impl OwnCertificate {
    /// Makes a key and has the authority certify it.
    pub(crate) async fn obtain(authority: Authority) -> Result<Self, NoCertificate> {
        let trust = authority.trust_document().await?;
        let (chain, key) = issue(&authority).await?;
        let holder = own(&chain)?;
        let ca_pem = cas(&chain)?.to_owned();
        let certificate = ServerCertificate::new(&chain, &key)?;
        let clients = ClientVerifier::new(ClientAuth::Required { ca_pem: ca_pem.clone() })?;
        Ok(Self { authority, certificate, site: holder.site, ca_pem, clients, life: holder.life, trust })
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
        self.life = own(&chain)?.life;
        // Those who may come first, so that nobody is shown a certificate whose CA is not believed here.
        self.clients.replace(cas(&chain)?)?;
        self.certificate.replace(&chain, &key)?;
        self.trust = trust;
        Ok(())
    }
}

async fn issue(authority: &Authority) -> Result<(String, String), NoCertificate> {
    let fresh = tls::key_and_csr()?;
    let chain = authority.server_certificate(fresh.csr_pem).await?;
    Ok((chain, fresh.key_pem))
}

/// Returns the CAs' certificates of a chain: all but the first.
fn cas(chain: &str) -> Result<&str, NoCertificate> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let second = chain.match_indices(BEGIN).nth(1).map(|(start, _)| start);
    second.map(|start| &chain[start..]).ok_or(NoCertificate::Foreign("the CA's is missing"))
}

/// Reads the server's own certificate, the first of the chain.
fn own(chain: &str) -> Result<Holder, NoCertificate> {
    let first = CertificateDer::from_pem_slice(chain.as_bytes());
    let first = first.map_err(|_| NoCertificate::Foreign("it is no PEM text"))?;
    let holder = Holder::read(&first).map_err(NoCertificate::Foreign)?;
    match holder.role {
        SiteRole::NotificationServer => Ok(holder),
        SiteRole::ManagementPoint | SiteRole::Device { .. } => {
            Err(NoCertificate::Foreign("it is of another role"))
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    const SITE: &str = "0b0e7b6c-7a43-4d57-9c3b-0d9a6f3d2c11";
    const DEVICE: &str = "a43dd1b3-a006-4604-b012-5529380b3b6f";

    #[test]
    fn a_certificate_is_replaced_after_two_thirds_of_its_life() {
        let day = Duration::from_secs(86_400);
        let from = Timestamp(1_000);
        let life = Life { from, to: from.plus(day * 90) };
        assert!(!life.is_due(from.plus(day * 60).minus(Duration::from_millis(1))));
        assert!(life.is_due(from.plus(day * 60)));
    }

    #[test]
    fn a_device_is_known_by_the_one_role_that_its_certificate_names() {
        let device = format!("tenon:site:{SITE}:role:device:{DEVICE}:{SITE}");
        let server = format!("tenon:site:{SITE}:role:notification-server");
        let other = format!("tenon:site:{DEVICE}:role:device:{DEVICE}:{SITE}");
        check(&[&device], true);
        check(&[&server], false);
        check(&[&other], false);
        check(&["https://example.org"], false);
        check(&[], false);
        check(&[&device, &other], false);
    }

    #[track_caller]
    fn check(uris: &[&str], is_device: bool) {
        let mut params = CertificateParams::default();
        params.subject_alt_names =
            uris.iter().map(|uri| SanType::URI((*uri).try_into().expect("a URI"))).collect();
        let certificate = params.self_signed(&KeyPair::generate().expect("a key")).expect("made");
        let site = SITE.parse().expect("an id");
        let identity = Holder::read(certificate.der()).ok().and_then(|holder| holder.device_of(site));
        assert_eq!(identity.is_some(), is_device, "{uris:?}");
    }
}
