//! Pairing: how a person's key becomes known to a site where no identity provider vouches for it.
//!
//! The site prints a [`PairingCode`]; the person carries it to their own program, which sends a [`PairingRequest`] through
//! the console and is answered with a [`PairingAnswer`]. The console has not the code's secret, so that it can neither put
//! another key in place of the person's nor another site in place of theirs.

mod request;
mod answer;

use std::{fmt, str::FromStr};

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac,
};
use zeroize::Zeroizing;

pub use answer::PairingAnswer;
pub use request::{PairingRequest, UnverifiedPairing};

use crate::{
    VerifyingKey,
    encoding::{array_from_base64url, base64url, from_base64url},
    join_token::Secret,
};

/// The longest id of a code, in letters.
const LONGEST_ID: usize = 32;

/// The largest message, in bytes.
pub const LARGEST: usize = 8 << 10;

/// What a person carries from the site to their own program. As text: `TP1.` and three parts.
#[derive(Clone, Eq, PartialEq)]
pub struct PairingCode {
    /// The code's id: small letters and digits.
    pub id: String,
    /// The code's secret.
    pub secret: Secret,
    /// The first half of the SHA-256 of the site's root key.
    pub fingerprint: [u8; 16],
}

/// A text that is no pairing code. Says nothing of the text: it may hold a secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a pairing code: {0}")]
pub struct NotAPairingCode(&'static str);

/// Why a message of a pairing is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PairingError {
    /// It is too large, or has another shape.
    #[error("the message has not the form of a pairing")]
    Shape,
    /// It was not made with the code's secret, or not for this code.
    #[error("the message was not made with this code")]
    Mac,
    /// It is no message of a pairing, or not in its one form.
    #[error("the message says something else than a pairing does")]
    Content,
    /// The new key has not signed it.
    #[error("the new key has not signed the message")]
    Signature,
    /// The answer belongs to another request.
    #[error("the answer is to another request")]
    OtherRequest,
    /// The answer comes from another site than the one that printed the code.
    #[error("the answer comes from another site than the one that printed the code")]
    OtherSite,
}

/// The two keys that come from a code's secret, one for each direction.
pub struct PairingKeys {
    to_site: hmac::Key,
    to_person: hmac::Key,
}

impl PairingCode {
    /// Returns the code as text. It holds the secret.
    pub fn text(&self) -> String {
        format!("TP1.{}.{}.{}", self.id, self.secret.text(), base64url(&self.fingerprint))
    }

    /// Returns the fingerprint of a site's root key.
    pub fn fingerprint_of(root: &VerifyingKey) -> [u8; 16] {
        let mut half = [0; 16];
        half.copy_from_slice(&root.hash().0[..16]);
        half
    }

    /// Returns the keys that come from the code.
    pub fn keys(&self) -> PairingKeys {
        PairingKeys::of(&self.id, &self.secret)
    }
}

impl PairingKeys {
    /// Derives the keys: HKDF-SHA256 with the code's id as the salt.
    pub fn of(id: &str, secret: &Secret) -> Self {
        let extracted = Salt::new(HKDF_SHA256, id.as_bytes()).extract(&secret.0);
        let key = |info: &str| {
            let mut bytes = Zeroizing::new([0; 32]);
            extracted
                .expand(&[info.as_bytes()], ThirtyTwo)
                .and_then(|expanded| expanded.fill(&mut *bytes))
                .expect("32 bytes are no more than HKDF gives");
            hmac::Key::new(hmac::HMAC_SHA256, &*bytes)
        };
        Self { to_site: key("tenon-pair-1 c"), to_person: key("tenon-pair-1 s") }
    }
}

struct ThirtyTwo;

impl KeyType for ThirtyTwo {
    fn len(&self) -> usize {
        32
    }
}

impl fmt::Debug for PairingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingKeys")
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PairingCode").field("id", &self.id).finish_non_exhaustive()
    }
}

impl FromStr for PairingCode {
    type Err = NotAPairingCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("TP1.").ok_or(NotAPairingCode("it does not begin with `TP1.`"))?;
        let parts: Vec<&str> = rest.split('.').collect();
        let [id, secret, fingerprint] = parts[..] else {
            return Err(NotAPairingCode("it has not three parts; was it copied whole?"));
        };
        if !is_id(id) {
            return Err(NotAPairingCode("its id cannot be read"));
        }
        let secret = Secret::from_text(secret).ok_or(NotAPairingCode("its secret is not complete"))?;
        let fingerprint =
            array_from_base64url(fingerprint).ok_or(NotAPairingCode("its last part is not complete"))?;
        Ok(Self { id: id.to_owned(), secret, fingerprint })
    }
}

fn is_id(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(letter)
}

fn mac_of(key: &hmac::Key, bytes: &[u8]) -> String {
    base64url(hmac::sign(key, bytes).as_ref())
}

fn check_mac(key: &hmac::Key, bytes: &[u8], mac: &str) -> Result<(), PairingError> {
    let mac = from_base64url(mac).ok_or(PairingError::Shape)?;
    hmac::verify(key, bytes, &mac).map_err(|_| PairingError::Mac)
}
