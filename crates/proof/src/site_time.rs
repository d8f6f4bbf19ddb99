//! The site's time, signed: a device's own clock may be wrong, or set back by somebody.

use action::{SiteId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{KeyId, NotSigned, SigningKey, TrustDocument, encoding::decimal, signed_text};

const WHAT: &str = "tenon/time/1";

/// The site's time at one moment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedTime {
    /// The site.
    pub site: SiteId,
    /// The site's epoch.
    #[serde(with = "decimal")]
    pub epoch: u64,
    /// The task key that signs.
    pub key_id: KeyId,
    /// The time.
    pub time: Timestamp,
}

impl SignedTime {
    /// Signs the time with the task key; returns the text that is sent.
    pub fn sign(&self, key: &SigningKey) -> String {
        signed_text::sign(WHAT, self, key)
    }

    /// Verifies a text with the task keys of the trust document.
    ///
    /// # Errors
    ///
    /// Says that it is no signed time, or not of this site.
    pub fn verify(text: &str, trust: &TrustDocument) -> Result<Self, NotSigned> {
        let time: Self = signed_text::verify(WHAT, text, &trust.task_keys)?;
        if time.site != trust.site { Err(NotSigned::OtherReader("site")) } else { Ok(time) }
    }
}
