//! The trust document: whom a device believes. Signed by the site's root key, whose hash the join token carries.

use std::fmt::Write as _;

use action::{SiteId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Hash, NotSigned, Signature, SigningKey, VerifyingKey, canonical,
    encoding::{base64url, decimal},
    signed_text::{self, LARGEST_PAYLOAD},
};

const WHAT: &str = "tenon/trust/1";

/// The most signers: one root key, or an old and a new one.
const MOST_SIGNERS: usize = 2;

/// Whom a device of a site believes, and where the site's servers are.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustDocument {
    /// The site.
    pub site: SiteId,
    /// The site's name, for people.
    pub site_name: String,
    /// Grows with every change.
    #[serde(with = "decimal")]
    pub version: u64,
    /// The site's epoch.
    #[serde(with = "decimal")]
    pub epoch: u64,
    /// When it was signed.
    pub issued_at: Timestamp,
    /// It must be replaced by then.
    pub expires: Timestamp,
    /// SHA-256 of the root key: of the new one, where it changes.
    pub root: Hash,
    /// The certificate of the site's CA, PEM.
    pub ca: String,
    /// The keys that sign tasks and the site's time.
    pub task_keys: Vec<VerifyingKey>,
    /// The keys that sign manifests.
    pub policy_keys: Vec<VerifyingKey>,
    /// Where the site's servers are.
    pub servers: Servers,
    /// How often a device that says nothing else says that it is there.
    #[serde(with = "decimal")]
    pub keep_alive_seconds: u32,
}

/// Where a site's servers are, as its devices reach them.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Servers {
    /// Notification servers, `host:port` each.
    pub notification: Vec<String>,
    /// Management points, URLs.
    pub management: Vec<String>,
}

/// A trust document whose signature was verified. Only [`Trusted::verify`] makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trusted {
    document: TrustDocument,
}

/// Why a device does not take a trust document for the one that it has.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAccepted {
    /// It is of another site.
    #[error("the trust document is of the site {0}")]
    OtherSite(SiteId),
    /// It is older than the one that the device has.
    #[error("the trust document has version {offered}, this device has seen version {current}")]
    Older {
        /// The version offered.
        offered: u64,
        /// The version that the device has.
        current: u64,
    },
    /// There are two of one version.
    #[error("the trust document differs from another of the same version {0}")]
    TwoOfOneVersion(u64),
    /// The epoch went back.
    #[error("the trust document has epoch {offered}, this device has seen epoch {current}")]
    EpochWentBack {
        /// The epoch offered.
        offered: u64,
        /// The epoch that the device has seen.
        current: u64,
    },
    /// It has ended.
    #[error("the trust document ended at {0}")]
    Expired(Timestamp),
}

impl TrustDocument {
    /// Signs the document with the root key that it names; returns the text that is sent.
    pub fn sign(&self, root: &SigningKey) -> String {
        self.sign_by(&[root])
    }

    /// Signs the document with the old root key and the new one, which it names.
    pub fn sign_rotation(&self, old: &SigningKey, new: &SigningKey) -> String {
        self.sign_by(&[old, new])
    }

    fn sign_by(&self, keys: &[&SigningKey]) -> String {
        let payload = canonical::encode(self);
        let bytes = signed_text::signed_bytes(WHAT, &payload);
        let mut text = base64url(&payload);
        for key in keys {
            let _ = write!(text, ".{}.{}", key.verifying(), key.sign(&bytes));
        }
        text
    }
}

impl Trusted {
    /// Verifies a text: it must be signed by the key with the hash `root`, and by the root key that it names, where
    /// that is another one.
    ///
    /// # Errors
    ///
    /// Says that it is no trust document, or that the key is missing among its signers.
    pub fn verify(text: &str, root: Hash) -> Result<Self, NotSigned> {
        let (payload, signatures) = text.split_once('.').ok_or(NotSigned::Shape)?;
        let payload = signed_text::payload_of(payload)?;
        let signers = signers(&signed_text::signed_bytes(WHAT, &payload), signatures)?;
        if !signers.contains(&root) {
            return Err(NotSigned::KeyUnknown);
        }
        let document: TrustDocument = canonical::decode(&payload, LARGEST_PAYLOAD)?;
        if !signers.contains(&document.root) {
            return Err(NotSigned::KeyUnknown);
        }

        Ok(Self { document })
    }

    /// Returns the document.
    pub fn document(&self) -> &TrustDocument {
        &self.document
    }

    /// Returns the hash of the root key that the next document must be signed by.
    pub fn root(&self) -> Hash {
        self.document.root
    }

    /// Returns the document if a device that has `current` should take it at `now`.
    ///
    /// # Errors
    ///
    /// Says why not.
    pub fn accept(
        self,
        current: Option<&TrustDocument>,
        now: Timestamp,
    ) -> Result<TrustDocument, NotAccepted> {
        let offered = self.document;
        if offered.expires < now {
            return Err(NotAccepted::Expired(offered.expires));
        }
        let Some(current) = current else { return Ok(offered) };
        if offered.site != current.site {
            return Err(NotAccepted::OtherSite(offered.site));
        }
        if offered.version < current.version {
            return Err(NotAccepted::Older { offered: offered.version, current: current.version });
        }
        if offered.version == current.version && offered != *current {
            return Err(NotAccepted::TwoOfOneVersion(offered.version));
        }
        if offered.epoch < current.epoch {
            return Err(NotAccepted::EpochWentBack { offered: offered.epoch, current: current.epoch });
        }

        Ok(offered)
    }
}

/// Returns the hashes of the keys that have signed; each signature that is there must be valid.
fn signers(bytes: &[u8], text: &str) -> Result<Vec<Hash>, NotSigned> {
    let mut signers = Vec::new();
    let mut parts = text.split('.');
    while let Some(key) = parts.next() {
        if signers.len() == MOST_SIGNERS {
            return Err(NotSigned::Shape);
        }
        let key: VerifyingKey = key.parse().map_err(|_| NotSigned::Shape)?;
        let signature: Option<Signature> = parts.next().and_then(|text| text.parse().ok());
        key.verify(bytes, &signature.ok_or(NotSigned::Shape)?)?;
        signers.push(key.hash());
    }
    Ok(signers)
}
