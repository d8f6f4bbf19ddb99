//! The site's certificate authority: certificates of devices and servers. Nothing but the public key is taken from a request.

use std::time::Duration;

use action::{SiteId, Timestamp};
use proof::{Hash, SiteRole, role};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PublicKeyData as _, SanType, SerialNumber,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    folder::{Folder, FolderError},
    keys::Missing,
};

/// How long a device's certificate is valid; it is renewed at two thirds.
const DEVICE_LIFE: Duration = Duration::from_hours(30 * 24);
/// How long a server's certificate is valid.
const SERVER_LIFE: Duration = Duration::from_hours(90 * 24);
/// How long the CA's certificate is valid.
const CA_LIFE: Duration = Duration::from_hours(3653 * 24);
/// How much before its making a certificate becomes valid: clocks differ.
const BACKDATED: Duration = Duration::from_hours(1);

const KEY: &str = "ca.key";
const CERTIFICATE: &str = "ca.pem";
const NEXT: &str = "ca.next.json";

/// The next CA, until both of its files are in place.
#[derive(Serialize, Deserialize)]
struct Next {
    key: String,
    certificate: String,
}

/// The CA.
pub(crate) struct Ca {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, PEM.
    pub(crate) pem: String,
}

/// A certificate that was issued.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    /// The certificate and the CA's, PEM.
    pub(crate) chain: String,
    /// Its serial number, hexadecimal.
    pub(crate) serial: String,
    /// When it ends.
    pub(crate) not_after: Timestamp,
}

/// A request for a certificate: a public key whose holder has shown that they hold the private one.
pub(crate) struct CertificateRequest {
    params: CertificateSigningRequestParams,
}

/// Why no certificate is issued.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotIssued {
    /// The request is no PKCS#10, or is not signed by the key that it names.
    #[error("the certificate request cannot be read, or is not signed by its own key")]
    Request,
    /// Its key is of another kind than the site's certificates are for.
    #[error("the certificate request is not for an ECDSA key on P-256")]
    Kind,
    /// The library could not make the certificate.
    #[error("the certificate cannot be made")]
    Make,
}

impl CertificateRequest {
    /// Reads a request (PKCS#10, PEM) and checks that its own key signed it.
    pub(crate) fn read(pem: &str) -> Result<Self, NotIssued> {
        let params = CertificateSigningRequestParams::from_pem(pem).map_err(|_| NotIssued::Request)?;
        if *params.public_key.algorithm() != PKCS_ECDSA_P256_SHA256 {
            return Err(NotIssued::Kind);
        }
        Ok(Self { params })
    }

    /// Returns the SHA-256 of its public key.
    pub(crate) fn key_hash(&self) -> Hash {
        Hash::of(self.params.public_key.der_bytes())
    }
}

impl Ca {
    /// Replaces the CA's key and certificate.
    pub(crate) fn replace(folder: &Folder, site: SiteId) -> Result<Self, FolderError> {
        let cannot = |what| FolderError::Make { what };
        let key = KeyPair::generate().map_err(|_| cannot("the CA's key"))?;
        let params = ca_params(site, service::clock::now());
        let certificate = params.self_signed(&key).map_err(|_| cannot("the CA's certificate"))?;
        // Two files cannot be replaced at once: both are in one first, from which a start goes on.
        let both = Next { key: key.serialize_pem(), certificate: certificate.pem() };
        folder.write_json(NEXT, &both)?;
        Self::take_next(folder)?;
        Self::load_or_make(folder, site, Missing::IsLost)
    }

    /// Puts in place what a replacement has written, where there is any.
    fn take_next(folder: &Folder) -> Result<(), FolderError> {
        let Some(content) = folder.read(NEXT)?.map(Zeroizing::new) else { return Ok(()) };
        let damaged = |_| FolderError::Content { path: folder.path(NEXT), expected: "the next CA" };
        let next: Next = serde_json::from_slice(&content).map_err(damaged)?;
        let key = Zeroizing::new(next.key);
        folder.write(KEY, key.as_bytes())?;
        folder.write(CERTIFICATE, next.certificate.as_bytes())?;
        folder.remove(NEXT)
    }

    /// Reads the CA's key and certificate, or makes them.
    pub(crate) fn load_or_make(folder: &Folder, site: SiteId, missing: Missing) -> Result<Self, FolderError> {
        Self::take_next(folder)?;
        let cannot = |what| FolderError::Make { what };
        let content = |name| FolderError::Content { path: folder.path(name), expected: "the CA" };
        let key = match folder.read(KEY)? {
            Some(pem) => {
                let pem = Zeroizing::new(String::from_utf8(pem).map_err(|_| content(KEY))?);
                KeyPair::from_pem(&pem).map_err(|_| content(KEY))?
            }
            None if missing == Missing::IsLost => return Err(content(KEY)),
            None => {
                let key = KeyPair::generate().map_err(|_| cannot("the CA's key"))?;
                folder.write(KEY, Zeroizing::new(key.serialize_pem()).as_bytes())?;
                key
            }
        };
        // One that a first start has left behind when it was cut short names a site that never was.
        let pem = match folder.read(CERTIFICATE)?.filter(|_| missing == Missing::IsLost) {
            Some(pem) => String::from_utf8(pem).map_err(|_| content(CERTIFICATE))?,
            None if missing == Missing::IsLost => return Err(content(CERTIFICATE)),
            None => {
                let params = ca_params(site, service::clock::now());
                let certificate = params.self_signed(&key).map_err(|_| cannot("the CA's certificate"))?;
                folder.write(CERTIFICATE, certificate.pem().as_bytes())?;
                certificate.pem()
            }
        };
        let issuer = Issuer::from_ca_cert_pem(&pem, key).map_err(|_| content(CERTIFICATE))?;
        Ok(Self { issuer, pem })
    }

    /// Issues a certificate for a role of the site. Subject, names, usage and life are the issuer's.
    pub(crate) fn issue(
        &self,
        request: &CertificateRequest,
        site: SiteId,
        role: &SiteRole,
        now: Timestamp,
    ) -> Result<Issued, NotIssued> {
        let serial = serial();
        let (life, usage, common_name) = match role {
            SiteRole::Device { device, .. } => {
                (DEVICE_LIFE, ExtendedKeyUsagePurpose::ClientAuth, device.to_string())
            }
            SiteRole::NotificationServer | SiteRole::ManagementPoint => {
                (SERVER_LIFE, ExtendedKeyUsagePurpose::ServerAuth, role::dns_name(site, role))
            }
        };
        let not_after = now.plus(life);
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.not_before = date(now.minus(BACKDATED));
        params.not_after = date(not_after);
        params.distinguished_name = name(&common_name);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let uri = role::uri(site, role).try_into().map_err(|_| NotIssued::Make)?;
        params.subject_alt_names = vec![SanType::URI(uri)];
        if !matches!(role, SiteRole::Device { .. }) {
            let dns = role::dns_name(site, role).try_into().map_err(|_| NotIssued::Make)?;
            params.subject_alt_names.push(SanType::DnsName(dns));
        }
        let certificate =
            params.signed_by(&request.params.public_key, &self.issuer).map_err(|_| NotIssued::Make)?;
        let chain = format!("{}{}", certificate.pem(), self.pem);
        Ok(Issued { chain, serial: hex::encode(serial), not_after })
    }
}

impl std::fmt::Debug for Ca {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ca").finish_non_exhaustive()
    }
}

fn ca_params(site: SiteId, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial()));
    params.not_before = date(now.minus(BACKDATED));
    params.not_after = date(now.plus(CA_LIFE));
    params.distinguished_name = name(&format!("Tenon site {site}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// A serial number of 127 random bits: positive, and never made twice.
fn serial() -> [u8; 16] {
    let mut serial = service::dice::bytes::<16>();
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

/// Certificates know whole seconds.
fn date(moment: Timestamp) -> time::OffsetDateTime {
    let seconds = Duration::from_secs(u64::try_from(moment.0 / 1000).unwrap_or(0));
    rcgen::date_time_ymd(1970, 1, 1) + seconds
}
