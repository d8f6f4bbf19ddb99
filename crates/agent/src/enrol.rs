//! Enrolment: a join token becomes a key, a certificate and a trust document.
//!
//! The join token's hash of the root key comes first: the trust document is fetched over a connection that is not
//! believed, and believed only if that key has signed it. The secret is sent over a second connection, which must end at
//! a management point that the document's CA has certified.

use std::path::PathBuf;

use action::{DeviceId, SiteId, Timestamp};
use management_link::{Answer, Call, EnrolRequest};
use proof::{JoinToken, NotSigned, Trusted, join_token::NotAJoinToken, trust_document::NotAccepted};
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use service::{
    lock::{LockError, LockFile},
    proxy::Proxy,
    tls::TlsError,
};

use crate::{
    credentials::{Credentials, CredentialsError},
    dial::{self, Reach},
    facts,
    identity::{self, Identity, IdentityError},
    keep,
    management::{ManagementError, Place, Session},
};

/// The name of the lock in the agent's folder: one process at a time.
pub(crate) const LOCK: &str = "agent.lock";

/// What an enrolment needs.
#[derive(Clone, Debug)]
pub struct EnrolOptions {
    /// The agent's folder.
    pub folder: PathBuf,
    /// The join token, `TJ1.…`.
    pub token: JoinToken,
    /// The name that the device reports; the host's where there is none.
    pub name: Option<String>,
    /// What to do where the device is enrolled already.
    pub existing: Existing,
    /// The HTTP proxy that every connection goes through, where one is set.
    pub proxy: Option<Proxy>,
}

/// What to do about an enrolment that the device has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Existing {
    /// Refuse the new one.
    Keep,
    /// Replace it: the device becomes a new one.
    Replace,
}

/// A device that was enrolled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Enrolment {
    /// The site.
    pub site: SiteId,
    /// The site's name.
    pub site_name: String,
    /// The device.
    pub device: DeviceId,
    /// When its certificate ends; it is renewed long before.
    pub not_after: Timestamp,
}

/// Why a device was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The token is none.
    #[error("the join token cannot be used")]
    Token(#[from] NotAJoinToken),
    /// The device has an enrolment.
    #[error("this device is enrolled at site {site} as {device} already; `--replace` makes it a new device")]
    Exists {
        /// The site.
        site: SiteId,
        /// The device.
        device: DeviceId,
    },
    /// The agent's folder cannot be made.
    #[error("failed to make the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The agent runs.
    #[error("the agent's folder is in use; stop the agent first")]
    Lock(#[from] LockError),
    /// The management point cannot be reached, or refused.
    #[error("failed to enrol at {url}")]
    Management {
        /// The management point.
        url: String,
        /// Why.
        source: Box<ManagementError>,
    },
    /// The trust document is not the one that the token leads to.
    #[error("what answers at {url} is not the site of this join token; nothing was sent to it")]
    NotTheSite {
        /// The management point.
        url: String,
        /// Why.
        source: NotSigned,
    },
    /// The trust document is not to be taken.
    #[error("the site's trust document cannot be taken; check this machine's clock")]
    NotAccepted(#[from] NotAccepted),
    /// TLS cannot be set up.
    #[error("failed to set up TLS")]
    Tls(#[from] TlsError),
    /// The URL's host is none.
    #[error("the host of the join token's URL is not valid")]
    Host(#[from] InvalidDnsNameError),
    /// What the device keeps cannot be read or written.
    #[error(transparent)]
    Keep(#[from] IdentityError),
    /// The certificate that came cannot be used.
    #[error("the certificate that the site sent cannot be used")]
    Certificate(#[from] CredentialsError),
}

/// Enrols this device. Ends when the certificate is on disk.
///
/// # Errors
///
/// Says what was attempted and why it failed. The secret was sent only if the site was the token's.
pub async fn enrol(options: EnrolOptions) -> Result<Enrolment, EnrolError> {
    let EnrolOptions { folder, token, name, existing, proxy } = options;
    keep::private_folder(&folder).map_err(|source| EnrolError::Folder { path: folder.clone(), source })?;
    let _lock = LockFile::take(&folder, LOCK)?;
    if existing == Existing::Keep {
        match Identity::load(&folder) {
            Ok(Identity { site, device, .. }) => return Err(EnrolError::Exists { site, device }),
            Err(IdentityError::NotEnrolled { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    let url = token.url.clone();
    let at_url = |source| EnrolError::Management { url: url.clone(), source: Box::new(source) };
    let place = Place::of(&token.url).map_err(at_url)?;

    let text = trust_document(&place, proxy.clone()).await.map_err(at_url)?;
    let not_the_site = |source| EnrolError::NotTheSite { url: url.clone(), source };
    let trust = Trusted::verify(&text, token.root_key_sha256).map_err(not_the_site)?;
    let trust = trust.accept(None, service::clock::now())?;

    let reach = Reach { tls: service::tls::client_config(&trust.ca, None)?, proxy: proxy.clone() };
    let mut session = Session::open(&place, &reach, trust.site).await.map_err(at_url)?;
    let key = identity::pending_key(&folder, service::tls::key_and_csr)?;
    let request = EnrolRequest {
        token: token.id.clone(),
        secret: token.secret.text(),
        csr: key.csr_pem.clone(),
        discovery: facts::discover(name.as_deref()),
    };
    let answer = match session.call(&Call::Enrol(request)).await.map_err(at_url)? {
        Answer::Enrolled(answer) => answer,
        _ => return Err(at_url(ManagementError::Mixed(management_link::path::ENROL))),
    };

    let trusted = Trusted::verify(&answer.trust_document, token.root_key_sha256).map_err(not_the_site)?;
    let identity = Identity::new(&token.url, &trusted, &key.key_pem, &answer, service::clock::now());
    // Kept only if it can be used: a bad certificate must not look like an enrolment.
    let credentials = Credentials::of(identity, proxy)?;
    forget_former(&folder)?;
    credentials.identity.store(&folder)?;

    Ok(Enrolment {
        site: credentials.trust.site,
        site_name: credentials.trust.site_name,
        device: credentials.identity.device,
        not_after: credentials.identity.not_after,
    })
}

/// Fetches the trust document from whoever answers.
pub(crate) async fn trust_document(place: &Place, proxy: Option<Proxy>) -> Result<String, ManagementError> {
    // The name is said to a server that may have several; it is not believed either.
    let name = ServerName::try_from(place.host().to_owned())
        .map_err(|_| ManagementError::Url { url: place.host().to_owned() })?;
    let reach = Reach { tls: service::tls::unbelieving().map_err(crate::DialError::Tls)?, proxy };
    let stream = dial::tls_to(&place.address, &reach, name).await?;
    let mut session = Session::over(stream, place).await?;
    match session.call(&Call::Trust).await? {
        Answer::Trust(text) => Ok(text),
        _ => Err(ManagementError::Mixed(management_link::path::TRUST)),
    }
}

/// Removes what a former enrolment left: another device's journal and policies are not this one's.
fn forget_former(folder: &std::path::Path) -> Result<(), IdentityError> {
    for name in crate::program::FILES_OF_AN_ENROLMENT {
        let path = folder.join(name);
        keep::remove(&path).map_err(|source| IdentityError::File {
            attempt: "remove",
            path: path.display().to_string(),
            source,
        })?;
    }
    Ok(())
}
