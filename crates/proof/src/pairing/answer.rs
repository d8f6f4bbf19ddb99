//! From the site to the person's program: that it knows the key, and which site it is.

use action::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LARGEST, PairingCode, PairingError, PairingRequest, check_mac, mac_of};
use crate::{
    Hash, Thumbprint, VerifyingKey, canonical,
    encoding::{base64url, decimal, from_base64url},
};

/// What the site answers: the message T2. As text `T2.MAC`, both in base64url.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairingAnswer {
    /// The version of this form.
    #[serde(with = "decimal")]
    pub v: u32,
    /// SHA-256 of the request's bytes.
    pub request: Hash,
    /// The site's root key.
    pub root: VerifyingKey,
    /// The key that the site knows from now on.
    pub jkt: Thumbprint,
    /// 32 random bytes, hexadecimal.
    pub rs: Hash,
    /// When the key ends.
    pub expires: Timestamp,
}

impl PairingAnswer {
    /// The version that this crate writes and reads.
    pub const VERSION: u32 = 1;

    /// Writes the message with the code's MAC.
    pub fn text(&self, keys: &super::PairingKeys) -> String {
        let payload = canonical::encode(self);
        format!("{}.{}", base64url(&payload), mac_of(&keys.to_person, &payload))
    }

    /// Reads the answer to `request`, which was made with `code`. The root key in it is that of the site which printed the
    /// code.
    ///
    /// # Errors
    ///
    /// Says what is wrong: whoever made it has not the code, or it answers something else.
    pub fn verify(text: &str, code: &PairingCode, request: &PairingRequest) -> Result<Self, PairingError> {
        if text.len() > LARGEST {
            return Err(PairingError::Shape);
        }
        let (payload, mac) = text.split_once('.').ok_or(PairingError::Shape)?;
        let payload = from_base64url(payload).ok_or(PairingError::Shape)?;
        check_mac(&code.keys().to_person, &payload, mac)?;
        let answer: Self = canonical::decode(&payload, LARGEST).map_err(|_| PairingError::Content)?;
        if answer.v != Self::VERSION {
            return Err(PairingError::Content);
        }
        if answer.request != request.hash() || answer.jkt != request.jwk.thumbprint() {
            return Err(PairingError::OtherRequest);
        }
        if PairingCode::fingerprint_of(&answer.root) != code.fingerprint {
            return Err(PairingError::OtherSite);
        }
        Ok(answer)
    }
}
