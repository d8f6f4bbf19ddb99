//! Who is calling: the device that the certificate names, and nothing that a message says.

use action::{DeviceId, EnrolmentId, SiteId, Timestamp};
use proof::role::{self, SiteRole};
use rustls_pki_types::CertificateDer;
use x509_parser::{
    extensions::{GeneralName, ParsedExtension},
    prelude::{FromDer, X509Certificate},
};

/// A device that showed its certificate. The handshake has verified that the site's CA issued it, for clients.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    /// The device.
    pub(crate) device: DeviceId,
    /// Its enrolment.
    pub(crate) enrolment: EnrolmentId,
    /// The certificate's serial number, hexadecimal in lower case.
    pub(crate) serial: String,
    /// When the certificate ends.
    pub(crate) not_after: Timestamp,
}

/// Why a certificate is not a device's of this site. For the site's log; the outside learns only that it is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotADevice {
    #[error("the certificate cannot be read")]
    Unreadable,
    #[error("the certificate names no role, or more than one")]
    NoRole,
    #[error("the certificate names the role `{0}`, which is none")]
    RoleUnknown(String),
    #[error("the certificate is of the site {0}")]
    OtherSite(SiteId),
    #[error("the certificate is of a server (`{0}`), not of a device")]
    Server(String),
}

/// The longest role URI that a log line repeats, in characters.
const LONGEST_QUOTE: usize = 200;

impl Caller {
    /// Reads the caller's own certificate.
    pub(crate) fn read(certificate: &CertificateDer<'_>, site: SiteId) -> Result<Self, NotADevice> {
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| NotADevice::Unreadable)?;
        let uri = only_uri(&parsed)?;
        let quote = || uri.chars().take(LONGEST_QUOTE).collect();
        let (its_site, role) = role::parse(uri).map_err(|_| NotADevice::RoleUnknown(quote()))?;
        if its_site != site {
            return Err(NotADevice::OtherSite(its_site));
        }
        let SiteRole::Device { device, enrolment } = role else {
            return Err(NotADevice::Server(quote()));
        };
        let not_after = Timestamp(parsed.validity().not_after.timestamp().saturating_mul(1_000));

        Ok(Self { device, enrolment, serial: hex::encode(parsed.raw_serial()), not_after })
    }

    /// Returns whether the certificate has ended. The handshake looks once, a connection may stand for long.
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.not_after < now
    }
}

/// Returns the only URI among the names of the certificate: of two, one could be for one reader and one for another.
pub(crate) fn only_uri<'a>(certificate: &'a X509Certificate<'_>) -> Result<&'a str, NotADevice> {
    let mut uris = certificate.extensions().iter().flat_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => names.general_names.as_slice(),
        _ => &[],
    });
    let mut only = None;
    for name in uris.by_ref() {
        if let GeneralName::URI(uri) = name
            && only.replace(*uri).is_some()
        {
            return Err(NotADevice::NoRole);
        }
    }

    only.ok_or(NotADevice::NoRole)
}
