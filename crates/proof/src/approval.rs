//! What a second person says of a request that waits for them: "I approve exactly this", or "I refuse it".
//!
//! A JWS like that of a request, `typ` `tenon-approval+jws`, by the second person's own key. It names the SHA-256 of all that
//! was sent of the request, so that what is approved is what was signed, to the byte, and carries the site's nonce, so that
//! nobody approves ahead. Who carries it can change nothing in it.

use action::{ConsoleId, SiteId, TaskGuid, TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{
    Hash, PersonKey, PersonSigningKey, Thumbprint, canonical,
    jws::{Jws, NotAJws},
};

/// The largest approval, in bytes: it is short.
pub const LARGEST: usize = 4 << 10;

const TYPE: &str = "tenon-approval+jws";

/// What a second person says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// They want it done.
    Approve,
    /// They do not.
    Refuse,
}

/// What a second person says of a request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The version of this form: `1`.
    pub v: String,
    /// SHA-256 of all that was sent of the request.
    pub approves: Hash,
    /// The action.
    pub id: TaskGuid,
    /// What they say.
    pub says: Says,
    /// The person.
    pub sub: UserId,
    /// The key that signs.
    pub jkt: Thumbprint,
    /// The tenant.
    pub tenant: TenantId,
    /// The site.
    pub site: SiteId,
    /// The console at which the key asks.
    pub console: ConsoleId,
    /// When it was made.
    pub iat: Timestamp,
    /// The site's nonce.
    pub site_nonce: String,
}

/// Why a text is no approval.
#[derive(Debug, thiserror::Error)]
pub enum NotAnApproval {
    /// It is too large.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// It is no JWS of that type, or another key has signed it.
    #[error(transparent)]
    Jws(#[from] NotAJws),
    /// What was signed says something else.
    #[error("what was signed is no approval")]
    Payload,
    /// It says that another key has signed it.
    #[error("its `jkt` is not the key that signed it")]
    OtherKey,
}

impl Approval {
    /// The version that this crate writes and reads.
    pub const VERSION: &str = "1";

    /// Returns the text that is sent, signed by the key that it names.
    pub fn sign(&self, key: &PersonSigningKey) -> String {
        Jws::sign(TYPE, canonical::encode(self), key).text()
    }

    /// Returns the key that is said to have signed: where to find it, and no more than that.
    ///
    /// # Errors
    ///
    /// The text is no approval.
    pub fn key_of(text: &str) -> Result<Thumbprint, NotAnApproval> {
        Ok(parse(text)?.key())
    }

    /// Verifies the signature over the bytes as received, then reads what was signed.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn verify(text: &str, key: &PersonKey) -> Result<Self, NotAnApproval> {
        let jws = parse(text)?;
        jws.verify(key)?;
        let approval: Self =
            canonical::decode(jws.unverified_payload(), LARGEST).map_err(|_| NotAnApproval::Payload)?;
        if approval.v != Self::VERSION {
            return Err(NotAnApproval::Payload);
        }
        if approval.jkt != jws.key() {
            return Err(NotAnApproval::OtherKey);
        }
        Ok(approval)
    }
}

fn parse(text: &str) -> Result<Jws, NotAnApproval> {
    if text.len() > LARGEST {
        return Err(NotAnApproval::TooLarge);
    }
    Ok(Jws::parse(TYPE, text)?)
}
