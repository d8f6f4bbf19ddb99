//! A site's CA, and certificates of every kind, good and bad.

use action::{DeviceId, EnrolmentId, SiteId};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, SanType,
};
use uuid::Uuid;

/// A site's CA.
pub(crate) struct Ca {
    pub(crate) site: SiteId,
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate chain and its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) device: DeviceId,
    pub(crate) enrolment: EnrolmentId,
    pub(crate) chain: String,
    pub(crate) key: String,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    Client,
    Server,
}

/// The role of a device in a certificate.
pub(crate) fn device_uri(site: SiteId, device: DeviceId, enrolment: EnrolmentId) -> String {
    format!("tenon:site:{site}:role:device:{device}:{enrolment}")
}

impl Ca {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let certificate = params.self_signed(&key).expect("a CA");
        Self { site: SiteId(service::dice::uuid()), pem: certificate.pem(), issuer: Issuer::new(params, key) }
    }

    /// Certifies the key of a request, as the authority does: the names are the issuer's.
    pub(crate) fn certify(
        &self,
        csr: &str,
        purpose: Purpose,
        names: Vec<SanType>,
        days: (i64, i64),
    ) -> String {
        let request = CertificateSigningRequestParams::from_pem(csr).expect("a request");
        let params = params(purpose, names, days);
        let certificate = params.signed_by(&request.public_key, &self.issuer).expect("a certificate");
        format!("{}{}", certificate.pem(), self.pem)
    }

    /// Makes a client with these role URIs, valid from `days.0` to `days.1` days from now.
    pub(crate) fn client(&self, purpose: Purpose, uris: &[String], days: (i64, i64)) -> Identity {
        let fresh = service::tls::key_and_csr().expect("a key");
        let names = uris.iter().map(|uri| SanType::URI(uri.as_str().try_into().expect("ASCII"))).collect();
        let chain = self.certify(&fresh.csr_pem, purpose, names, days);
        Identity {
            device: DeviceId(Uuid::nil()),
            enrolment: EnrolmentId(Uuid::nil()),
            chain,
            key: fresh.key_pem,
        }
    }
}

fn params(purpose: Purpose, names: Vec<SanType>, days: (i64, i64)) -> CertificateParams {
    let day = |offset: i64| {
        let now = rcgen::date_time_ymd(2000, 1, 1);
        let since = service::clock::now().0 / 86_400_000 - 10_957 + offset;
        now + std::time::Duration::from_secs(u64::try_from(since * 86_400).expect("after 2000"))
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names = names;
    params.not_before = day(days.0);
    params.not_after = day(days.1);
    params.extended_key_usages = vec![match purpose {
        Purpose::Client => ExtendedKeyUsagePurpose::ClientAuth,
        Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
    }];
    params
}
