//! The site's keys: Ed25519, each known by its id.

use std::{fmt, str::FromStr};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};

use crate::{
    Hash,
    encoding::{NotEncoded, array_from_base64url, array_from_hex, base64url, serde_as_text},
};

/// A key that signs. Its secret half is wiped when it is dropped.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    verifying: VerifyingKey,
}

/// The public half of a key. As text: base64url.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct VerifyingKey(pub [u8; 32]);

/// Names a key: the first 8 bytes of the SHA-256 of its public half. As text: hexadecimal.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId(pub [u8; 8]);

/// A signature. As text: base64url.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Signature(pub [u8; 64]);

/// A signature is not that of this key over these bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature is not that of key {key}")]
pub struct SignatureNotValid {
    /// The key that should have signed.
    pub key: KeyId,
}

impl SigningKey {
    /// Makes the key of a seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("32 bytes are a seed");
        let public = pair.public_key().as_ref().try_into().expect("public keys have 32 bytes");
        Self { pair, verifying: VerifyingKey(public) }
    }

    /// Returns the public half.
    pub fn verifying(&self) -> VerifyingKey {
        self.verifying
    }

    /// Returns the key's id.
    pub fn id(&self) -> KeyId {
        self.verifying.id()
    }

    /// Signs bytes. They begin with a word for what they are, so that no signature serves two purposes.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.pair.sign(bytes).as_ref().try_into().expect("signatures have 64 bytes"))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id())
    }
}

impl VerifyingKey {
    /// Returns the key's id.
    pub fn id(&self) -> KeyId {
        let hash = self.hash();
        KeyId(hash.0[..8].try_into().expect("8 of 32 bytes"))
    }

    /// Returns the SHA-256 of the key, as join tokens carry it.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.0)
    }

    pub(crate) fn verify(&self, bytes: &[u8], signature: &Signature) -> Result<(), SignatureNotValid> {
        ParsedPublicKey::new(&ED25519, self.0)
            .ok()
            .and_then(|key| key.verify_sig(bytes, &signature.0).ok())
            .ok_or(SignatureNotValid { key: self.id() })
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl FromStr for VerifyingKey {
    type Err = NotEncoded;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        array_from_base64url(text).map(Self).ok_or(NotEncoded("a public key in base64url"))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for KeyId {
    type Err = NotEncoded;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        array_from_hex(text).map(Self).ok_or(NotEncoded("a key id of 16 hexadecimal digits"))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl FromStr for Signature {
    type Err = NotEncoded;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        array_from_base64url(text).map(Self).ok_or(NotEncoded("a signature in base64url"))
    }
}

serde_as_text!(VerifyingKey);
serde_as_text!(KeyId);
serde_as_text!(Signature);

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let key = SigningKey::from_seed(array_from_hex(seed).expect("32 bytes"));
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(hex::encode(key.verifying().0), public);
        let signature = key.sign(b"");
        assert_eq!(
            hex::encode(signature.0),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        );
        assert_eq!(key.verifying().verify(b"", &signature), Ok(()));
        assert!(key.verifying().verify(b"x", &signature).is_err());
    }

    #[test]
    fn texts_lead_back_and_the_secret_is_not_shown() {
        let key = SigningKey::from_seed([7; 32]);
        assert_eq!(key.verifying().to_string().parse(), Ok(key.verifying()));
        assert_eq!(key.id().to_string().parse(), Ok(key.id()));
        let signature = key.sign(b"bytes");
        assert_eq!(signature.to_string().parse(), Ok(signature));
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.id()));
    }

    #[test]
    fn what_is_no_point_of_the_curve_verifies_nothing() {
        let signature = SigningKey::from_seed([7; 32]).sign(b"");
        assert!(VerifyingKey([0xff; 32]).verify(b"", &signature).is_err());
        assert!(VerifyingKey([0; 32]).verify(b"", &Signature([0; 64])).is_err());
    }
}
