//! The keys of people: ECDSA on P-256 with SHA-256 (ES256), each known by its thumbprint (RFC 7638).

use std::{fmt, str::FromStr};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
    },
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

use crate::{
    Hash, canonical,
    encoding::{NotEncoded, array_from_base64url, base64url, serde_as_text},
};

/// The bytes of a point of the curve: 4, x, y.
const POINT: usize = 65;

/// A person's key that signs.
pub struct PersonSigningKey {
    pair: EcdsaKeyPair,
    public: PersonKey,
}

/// The public half of a person's key. In JSON: a JWK with the members `crv`, `kty`, `x`, `y` and no others.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct PersonKey {
    x: [u8; 32],
    y: [u8; 32],
}

/// Names a person's key: the SHA-256 of its JWK (RFC 7638). As text: base64url.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Thumbprint(pub [u8; 32]);

/// A signature by a person's key: r and s. As text: base64url.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PersonSignature(pub [u8; 64]);

/// Bytes that are no key of a person.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a key on the curve P-256")]
pub struct NotAPersonKey;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

impl PersonSigningKey {
    /// Makes the key of a secret number. Of 2²⁵⁶ numbers all but one in four thousand million are good.
    ///
    /// # Errors
    ///
    /// The number is 0, or not below the order of the curve: throw the dice again.
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, NotAPersonKey> {
        // ECPrivateKey (RFC 5915) of version 1 with the number alone; the point is computed from it.
        let mut der = Zeroizing::new(vec![0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20]);
        der.extend_from_slice(secret);
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
            .map_err(|_| NotAPersonKey)?;
        let public = PersonKey::from_point(pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }

    /// Returns the public half.
    pub fn public(&self) -> PersonKey {
        self.public
    }

    /// Signs bytes. Two signatures over the same bytes differ.
    pub(crate) fn sign(&self, bytes: &[u8]) -> PersonSignature {
        let signature = self.pair.sign(&SystemRandom::new(), bytes).expect("a key that was made can sign");
        PersonSignature(signature.as_ref().try_into().expect("r and s have 32 bytes each"))
    }
}

impl fmt::Debug for PersonSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonSigningKey({})", self.public.thumbprint())
    }
}

impl PersonKey {
    fn from_point(point: &[u8]) -> Result<Self, NotAPersonKey> {
        let point: [u8; POINT] = point.try_into().map_err(|_| NotAPersonKey)?;
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| NotAPersonKey)?;
        let ([4], rest) = point.split_first_chunk::<1>().ok_or(NotAPersonKey)? else {
            return Err(NotAPersonKey);
        };
        let (x, y) = rest.split_at(32);
        Ok(Self { x: x.try_into().map_err(|_| NotAPersonKey)?, y: y.try_into().map_err(|_| NotAPersonKey)? })
    }

    fn point(&self) -> [u8; POINT] {
        let mut point = [4; POINT];
        point[1..33].copy_from_slice(&self.x);
        point[33..].copy_from_slice(&self.y);
        point
    }

    fn jwk(&self) -> Jwk {
        Jwk { crv: "P-256".to_owned(), kty: "EC".to_owned(), x: base64url(&self.x), y: base64url(&self.y) }
    }

    /// Returns the key's name.
    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint(Hash::of(&canonical::encode(&self.jwk())).0)
    }

    /// Returns the key's JWK.
    pub fn text(&self) -> String {
        String::from_utf8(canonical::encode(self)).unwrap_or_default()
    }

    /// Returns whether the signature is that of this key over these bytes.
    pub(crate) fn verifies(&self, bytes: &[u8], signature: &PersonSignature) -> bool {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.point())
            .is_ok_and(|key| key.verify_sig(bytes, &signature.0).is_ok())
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonKey({})", self.thumbprint())
    }
}

impl FromStr for PersonKey {
    type Err = NotAPersonKey;

    /// Reads a JWK.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        canonical::decode(text.as_bytes(), 512).map_err(|_| NotAPersonKey)
    }
}

impl Serialize for PersonKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.jwk().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PersonKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Jwk { crv, kty, x, y } = Jwk::deserialize(deserializer)?;
        let read = || {
            let key = Self { x: array_from_base64url(&x)?, y: array_from_base64url(&y)? };
            (crv == "P-256" && kty == "EC").then_some(())?;
            Self::from_point(&key.point()).ok()
        };
        read().ok_or_else(|| D::Error::custom(NotAPersonKey))
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl FromStr for Thumbprint {
    type Err = NotEncoded;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        array_from_base64url(text).map(Self).ok_or(NotEncoded("a thumbprint in base64url"))
    }
}

impl fmt::Display for PersonSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl FromStr for PersonSignature {
    type Err = NotEncoded;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        array_from_base64url(text).map(Self).ok_or(NotEncoded("a signature of 64 bytes in base64url"))
    }
}

serde_as_text!(Thumbprint);

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6979, appendix A.2.5: the secret number and its point.
    #[test]
    fn the_point_of_a_number_is_that_of_the_standard() {
        let secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
        let secret: [u8; 32] = hex::decode(secret).expect("hex").try_into().expect("32 bytes");
        let key = PersonSigningKey::from_secret(&secret).expect("a key").public();
        assert_eq!(
            hex::encode(key.point()),
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
        );
    }

    #[test]
    fn numbers_and_points_that_are_no_keys_are_refused() {
        assert!(PersonSigningKey::from_secret(&[0; 32]).is_err());
        assert!(PersonSigningKey::from_secret(&[0xff; 32]).is_err());
        let good = PersonSigningKey::from_secret(&[7; 32]).expect("a key").public().text();
        assert!(good.parse::<PersonKey>().is_ok());
        let other = PersonSigningKey::from_secret(&[8; 32]).expect("a key").public();
        for (from, to) in [
            ("P-256", "P-384"),
            ("\"EC\"", "\"OKP\""),
            ("{\"crv\"", "{\"alg\":\"ES256\",\"crv\""),
            ("\",\"y\":\"", "\",\"d\":\"\",\"y\":\""),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert!(bad.parse::<PersonKey>().is_err(), "{bad}");
        }
        let y = good.split("\"y\":\"").nth(1).expect("y").trim_end_matches("\"}").to_owned();
        let off_the_curve = good.replace(&y, &base64url(&other.y));
        assert!(off_the_curve.parse::<PersonKey>().is_err());
    }

    #[test]
    fn a_signature_is_good_for_its_key_and_bytes_only() {
        let key = PersonSigningKey::from_secret(&[7; 32]).expect("a key");
        let signature = key.sign(b"bytes");
        assert!(key.public().verifies(b"bytes", &signature));
        assert!(!key.public().verifies(b"byte", &signature));
        let other = PersonSigningKey::from_secret(&[8; 32]).expect("a key");
        assert!(!other.public().verifies(b"bytes", &signature));
        assert!(!key.public().verifies(b"bytes", &PersonSignature([0; 64])));
        assert_eq!(format!("{key:?}"), format!("PersonSigningKey({})", key.public().thumbprint()));
    }
}
