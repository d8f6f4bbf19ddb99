//! Signed texts: `payload.signature`, both base64url; the payload is JSON in the form of RFC 8785.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Signature, SignatureNotValid, SigningKey, VerifyingKey,
    canonical::{self, NotCanonical},
    encoding::{base64url, from_base64url},
    fields::Fields,
};

/// The largest payload, in bytes: a manifest of 1,000 policies takes about 250 KiB.
pub(crate) const LARGEST_PAYLOAD: usize = 512 << 10;

/// Why a signed text is refused.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    /// It has another shape than `payload.signature`.
    #[error("it is not of the form `payload.signature`")]
    Shape,
    /// It is signed by a key that the site has not published for this purpose.
    #[error("no key that is trusted for this has signed it")]
    KeyUnknown,
    /// The signature is not valid.
    #[error(transparent)]
    Signature(#[from] SignatureNotValid),
    /// The payload is not what it should be.
    #[error("its payload is not valid")]
    Payload(#[from] NotCanonical),
    /// It is for another site or device.
    #[error("it is meant for another {0}")]
    OtherReader(&'static str),
}

pub(crate) fn sign<T: Serialize>(what: &str, value: &T, key: &SigningKey) -> String {
    let payload = canonical::encode(value);
    let signature = key.sign(&signed_bytes(what, &payload));
    format!("{}.{signature}", base64url(&payload))
}

/// Verifies a text by whichever of `keys` has signed it. The payload is read only after that.
pub(crate) fn verify<T: Serialize + DeserializeOwned>(
    what: &str,
    text: &str,
    keys: &[VerifyingKey],
) -> Result<T, NotSigned> {
    let (payload, signature) = text.split_once('.').ok_or(NotSigned::Shape)?;
    let payload = payload_of(payload)?;
    let signature: Signature = signature.parse().map_err(|_| NotSigned::Shape)?;
    let bytes = signed_bytes(what, &payload);
    if !keys.iter().any(|key| key.verify(&bytes, &signature).is_ok()) {
        return Err(match keys {
            [only] => SignatureNotValid { key: only.id() }.into(),
            _ => NotSigned::KeyUnknown,
        });
    }
    Ok(canonical::decode(&payload, LARGEST_PAYLOAD)?)
}

/// Returns the bytes of a payload that is small enough.
pub(crate) fn payload_of(text: &str) -> Result<Vec<u8>, NotSigned> {
    // Four letters stand for three bytes.
    if text.len() > LARGEST_PAYLOAD / 3 * 4 {
        return Err(NotCanonical::TooLarge { limit: LARGEST_PAYLOAD }.into());
    }
    from_base64url(text).ok_or(NotSigned::Shape)
}

pub(crate) fn signed_bytes(what: &str, payload: &[u8]) -> Vec<u8> {
    Fields::of(what).bytes(payload).into_bytes()
}
