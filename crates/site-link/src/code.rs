//! The code that attaches a site: made by the console, carried by a person, works once.

use std::{fmt, str::FromStr};

use action::TenantId;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

/// What each code begins with, so that people and scanners know it.
const PREFIX: &str = "TA1.";

/// The public name of an attach code.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeId(pub Uuid);

/// An attach code: a tenant, the code's id and 128 secret bits. Its `Debug` hides the secret.
#[derive(Clone, Eq, PartialEq)]
pub struct AttachCode {
    /// The tenant that the site joins.
    pub tenant: TenantId,
    /// The code's public name.
    pub id: CodeId,
    secret: Zeroizing<[u8; 16]>,
}

/// What both ends derive from an attach code. The console keeps this and not the code: it can check a site that holds
/// the code, and no code can be read back from it. Its `Debug` shows nothing.
#[derive(Clone, Eq, PartialEq)]
pub struct AttachKey(Zeroizing<[u8; 32]>);

/// A text that is no attach code. It does not repeat the text, which may be most of a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this is no attach code: a code begins with `TA1.` and 64 letters, digits, `-` or `_` follow")]
pub struct NotACode;

impl AttachCode {
    /// Makes a code of 16 random bytes.
    pub fn new(tenant: TenantId, id: CodeId, secret: [u8; 16]) -> Self {
        Self { tenant, id, secret: Zeroizing::new(secret) }
    }

    /// Returns the code as a person carries it. This text is the secret.
    pub fn reveal(&self) -> String {
        let mut bytes = Zeroizing::new([0; 48]);
        bytes[..16].copy_from_slice(self.tenant.0.as_bytes());
        bytes[16..32].copy_from_slice(self.id.0.as_bytes());
        bytes[32..].copy_from_slice(&*self.secret);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(*bytes))
    }

    /// Returns the key that the code stands for.
    pub fn key(&self) -> AttachKey {
        let key = Salt::new(HKDF_SHA256, self.id.0.as_bytes()).extract(&*self.secret);
        let info = [b"tenon/attach-key/1".as_slice()];
        let mut bytes = Zeroizing::new([0; 32]);
        key.expand(&info, HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *bytes))
            .expect("32 bytes are within what HKDF-SHA256 gives");
        AttachKey(bytes)
    }
}

impl FromStr for AttachCode {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(NotACode)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).map_err(|_| NotACode)?);
        let whole: &[u8; 48] = bytes.as_slice().try_into().map_err(|_| NotACode)?;
        let (tenant, rest) = whole.split_first_chunk::<16>().ok_or(NotACode)?;
        let (id, secret) = rest.split_first_chunk::<16>().ok_or(NotACode)?;
        let secret = secret.try_into().map_err(|_| NotACode)?;
        Ok(Self::new(TenantId(Uuid::from_bytes(*tenant)), CodeId(Uuid::from_bytes(*id)), secret))
    }
}

impl AttachKey {
    /// Takes the bytes that [`AttachKey::expose`] gave.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Returns the key's bytes, for the console's store.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for AttachCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachCode")
            .field("tenant", &self.tenant)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AttachKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachKey").finish_non_exhaustive()
    }
}

impl fmt::Display for CodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl FromStr for CodeId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_written_in_one_way() {
        let code =
            AttachCode::new(TenantId(Uuid::from_bytes([1; 16])), CodeId(Uuid::from_bytes([2; 16])), [3; 16]);
        let text = "TA1.AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgICAgIDAwMDAwMDAwMDAwMDAwMD";
        assert_eq!(code.reveal(), text);
        assert_eq!(text.parse(), Ok(code.clone()));
        assert_eq!(format!(" {text}\n").parse(), Ok(code), "what copying adds is forgiven");
    }

    #[test]
    fn debug_shows_no_secret() {
        let code = AttachCode::new(TenantId(Uuid::nil()), CodeId(Uuid::nil()), [0xab; 16]);
        let shown = format!("{code:?} {:?}", code.key());
        assert!(!shown.contains("171") && !shown.to_lowercase().contains("ab, ab"), "{shown}");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in
            ["", "TA1.", "TA1.AQEB", "TJ1.AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgICAgIDAwMDAwMDAwMDAwMDAwMD"]
        {
            assert_eq!(text.parse::<AttachCode>(), Err(NotACode), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_code_survives_being_written(tenant: [u8; 16], id: [u8; 16], secret: [u8; 16]) {
            let code = AttachCode::new(TenantId(Uuid::from_bytes(tenant)), CodeId(Uuid::from_bytes(id)), secret);
            prop_assert_eq!(code.reveal().parse(), Ok(code));
        }
    }
}
