//! Who the device is at its site: ids, key and certificate, kept in one file so that a crash never leaves a key without
//! its certificate.

use std::{fmt, io, path::Path, time::Duration};

use action::{DeviceId, EnrolmentId, ResourceId, SiteId, Timestamp};
use management_link::EnrolAnswer;
use proof::{Hash, Trusted};
use serde::{Deserialize, Serialize};
use service::tls::{KeyAndCsr, TlsError};

use crate::keep;

const FILE: &str = "identity.json";
/// A key whose certificate was asked for: an answer that was lost is asked for again with the same key, which the site
/// tells from a clone.
const PENDING: &str = "pending-key.json";

/// The version of the file that this agent writes.
const VERSION: u32 = 1;

/// Who the device is at its site.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) version: u32,
    /// The site.
    pub(crate) site: SiteId,
    /// The device.
    pub(crate) device: DeviceId,
    /// The device's enrolment.
    pub(crate) enrolment: EnrolmentId,
    /// The site's number for the device.
    pub(crate) resource: ResourceId,
    /// The management point that enrolled it.
    pub(crate) management_url: String,
    /// SHA-256 of the site's root key.
    pub(crate) root: Hash,
    /// The site's trust document, signed. In the same file: a root key that changes changes both.
    pub(crate) trust: String,
    /// The private key, PEM.
    pub(crate) key: String,
    /// The certificate and the CA's, PEM.
    pub(crate) chain: String,
    /// When the certificate came.
    pub(crate) received: Timestamp,
    /// When it ends.
    pub(crate) not_after: Timestamp,
}

/// Why what the device keeps cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The device is not enrolled.
    #[error("this device is not enrolled: {folder} holds no identity; run `tenon-agent enrol --token TJ1.…`")]
    NotEnrolled {
        /// The agent's folder.
        folder: String,
    },
    /// A file cannot be read or written.
    #[error("failed to {attempt} {path}")]
    File {
        /// What was attempted.
        attempt: &'static str,
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{path} is not what an agent writes; restore it, or enrol the device again")]
    NotValid {
        /// The file.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] TlsError),
    /// A newer agent wrote it.
    #[error("{path} has version {found}, and this agent knows {VERSION}: install the newer agent again")]
    Newer {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
    },
}

impl Identity {
    /// Makes the identity that an answer gives.
    pub(crate) fn new(
        management_url: &str,
        trusted: &Trusted,
        key: &str,
        answer: &EnrolAnswer,
        now: Timestamp,
    ) -> Self {
        Self {
            version: VERSION,
            site: trusted.document().site,
            device: answer.device,
            enrolment: answer.enrolment,
            resource: answer.resource,
            management_url: management_url.to_owned(),
            root: trusted.root(),
            trust: answer.trust_document.clone(),
            key: key.to_owned(),
            chain: answer.chain.clone(),
            received: now,
            not_after: answer.not_after,
        }
    }

    /// Returns when the certificate is to be renewed: after two thirds of its life.
    pub(crate) fn renew_at(&self) -> Timestamp {
        let life = self.not_after.since(self.received);
        self.received.plus(life * 2 / 3)
    }

    /// Returns how long to wait with the renewal at `now`; zero where it is due.
    pub(crate) fn renewal_in(&self, now: Timestamp) -> Duration {
        self.renew_at().since(now)
    }

    /// Reads the identity of the device.
    pub(crate) fn load(folder: &Path) -> Result<Self, IdentityError> {
        let path = folder.join(FILE);
        let text = read(&path)?
            .ok_or_else(|| IdentityError::NotEnrolled { folder: folder.display().to_string() })?;
        let identity: Self = parsed(&path, &text)?;
        if identity.version > VERSION {
            return Err(IdentityError::Newer { path: path.display().to_string(), found: identity.version });
        }
        Ok(identity)
    }

    /// Keeps the identity, and forgets the key that waited for its certificate: it is this one's.
    pub(crate) fn store(&self, folder: &Path) -> Result<(), IdentityError> {
        write(&folder.join(FILE), &json(self))?;
        let pending = folder.join(PENDING);
        keep::remove(&pending).map_err(failed("remove", &pending))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("site", &self.site)
            .field("device", &self.device)
            .field("enrolment", &self.enrolment)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// A key and the request for its certificate, on disk.
#[derive(Serialize, Deserialize)]
struct Pending {
    key: String,
    csr: String,
}

/// Returns the key that a certificate was asked for and did not come, or a new one, on disk in either case.
pub(crate) fn pending_key(
    folder: &Path,
    make: impl FnOnce() -> Result<KeyAndCsr, TlsError>,
) -> Result<KeyAndCsr, IdentityError> {
    let path = folder.join(PENDING);
    if let Some(text) = read(&path)?
        && let Ok(pending) = parsed::<Pending>(&path, &text)
    {
        return Ok(KeyAndCsr { key_pem: pending.key, csr_pem: pending.csr });
    }
    let key = make()?;
    let pending = Pending { key: key.key_pem.clone(), csr: key.csr_pem.clone() };
    write(&path, &json(&pending))?;
    Ok(key)
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("texts and numbers can be written")
}

/// Reads a file of the folder.
pub(crate) fn read(path: &Path) -> Result<Option<String>, IdentityError> {
    keep::read(path).map_err(failed("read", path))
}

/// Replaces a file of the folder.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), IdentityError> {
    keep::write(path, bytes).map_err(failed("write", path))
}

fn parsed<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, IdentityError> {
    serde_json::from_str(text)
        .map_err(|source| IdentityError::NotValid { path: path.display().to_string(), source })
}

fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> IdentityError {
    let path = path.display().to_string();
    move |source| IdentityError::File { attempt, path, source }
}
