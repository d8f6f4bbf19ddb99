//! The head of an audit's chain, signed: given to a witness, it shows later that nothing before it was changed or dropped.

use action::{SiteId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Hash, NotSigned, SigningKey, TrustDocument, encoding::decimal, signed_text};

const WHAT: &str = "tenon/audit-head/1";

/// The last entry of a site's audit at one moment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// The site.
    pub site: SiteId,
    /// The entry's number.
    #[serde(with = "decimal")]
    pub number: u64,
    /// Its hash, which covers all entries before it.
    pub hash: Hash,
    /// When the head was signed.
    pub at: Timestamp,
}

impl AuditHead {
    /// Signs the head with the task key; returns the text that is given away.
    pub fn sign(&self, key: &SigningKey) -> String {
        signed_text::sign(WHAT, self, key)
    }

    /// Verifies a text with the task keys of the trust document.
    ///
    /// # Errors
    ///
    /// Says that it is no signed head, or not of this site.
    pub fn verify(text: &str, trust: &TrustDocument) -> Result<Self, NotSigned> {
        let head: Self = signed_text::verify(WHAT, text, &trust.task_keys)?;
        if head.site != trust.site { Err(NotSigned::OtherReader("site")) } else { Ok(head) }
    }
}
