//! The link keys of both ends (Ed25519), and the plain values that travel with them.

use std::{fmt, str::FromStr};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// A link key: what a site or a console proves itself with. Its `Debug` shows the public half only.
pub struct LinkKey {
    pair: Ed25519KeyPair,
    public: PublicLinkKey,
}

impl LinkKey {
    /// Makes the key of a seed: 32 random bytes, which are the secret.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("each 32 bytes are an Ed25519 seed");
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        Self { pair, public: PublicLinkKey(public) }
    }

    /// Returns the half that the other end pins.
    pub fn public(&self) -> PublicLinkKey {
        self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        Signature(signature)
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl PublicLinkKey {
    /// Returns whether `signature` over `message` was made with this key.
    pub(crate) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, &signature.0).is_ok()
    }
}

/// A text that is not base64url (without padding) of the right length.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected {bytes} bytes in base64url without padding")]
pub struct NotBase64 {
    /// How many bytes the text must hold.
    pub bytes: usize,
}

macro_rules! bytes_as_base64url {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, PartialEq, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotBase64;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
                bytes.map(Self).ok_or(NotBase64 { bytes: $bytes })
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotBase64;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    };
}

bytes_as_base64url! {
    /// The public half of a link key (Ed25519).
    PublicLinkKey, 32
}
bytes_as_base64url! {
    /// Random bytes that make each handshake differ from all before.
    Nonce, 32
}
bytes_as_base64url! {
    /// The public half of an X25519 key that is made for one handshake.
    ExchangeKey, 32
}
bytes_as_base64url! {
    /// An Ed25519 signature.
    Signature, 64
}
bytes_as_base64url! {
    /// An HMAC-SHA256 tag.
    Tag, 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    #[test]
    fn the_key_of_a_seed_is_that_of_the_standard() {
        let seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".parse::<Nonce>().expect("32 bytes").0;
        let key = LinkKey::from_seed(&seed);
        assert_eq!(key.public().to_string(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let signature = key.sign(b"");
        assert!(key.public().verifies(b"", &signature));
        assert!(!key.public().verifies(b"x", &signature));
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = LinkKey::from_seed(&[7; 32]);
        let shown = format!("{key:?}");
        assert!(shown.contains(&key.public().to_string()), "{shown}");
        assert!(!shown.contains("pair"), "{shown}");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "AAAA",
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR",
            "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        ] {
            assert_eq!(text.parse::<PublicLinkKey>(), Err(NotBase64 { bytes: 32 }), "{text}");
        }
    }
}
