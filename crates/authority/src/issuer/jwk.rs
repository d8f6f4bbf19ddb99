//! An issuer's keys: a JSON Web Key Set (RFC 7517), of which those are taken that verify signatures of ours.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::algorithm::Algorithm;

/// The largest set: each key has some hundred bytes, its certificates a few thousand.
pub(crate) const LARGEST: usize = 256 << 10;

/// The most keys that are taken of a set: an issuer has two or three, and each may be tried for a token without `kid`.
const MOST_KEYS: usize = 64;

/// The longest name of a key, in bytes.
const LONGEST_KID: usize = 255;

/// RSA keys from 2,048 to 8,192 bits, with an exponent that is verified in no time.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
const LONGEST_EXPONENT: usize = 4;

/// A key of an issuer, as it is published and kept: the members that matter here.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    used_for: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// A key that verifies an issuer's tokens.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct IssuerKey {
    jwk: Jwk,
    key: PublicKey,
}

#[derive(Clone, Eq, PartialEq)]
enum PublicKey {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256([u8; 65]),
    Ed25519([u8; 32]),
}

/// Reads a set; keys of other kinds and for other uses are left out.
pub(crate) fn read_set(bytes: &[u8]) -> Result<Vec<IssuerKey>, String> {
    if bytes.len() > LARGEST {
        return Err(format!("the key set is larger than {LARGEST} bytes"));
    }
    let set: Set = serde_json::from_slice(bytes).map_err(|_| "it is no JSON Web Key Set".to_owned())?;
    let keys: Vec<_> = set.keys.into_iter().filter_map(IssuerKey::of_value).take(MOST_KEYS).collect();
    if keys.is_empty() {
        return Err("the key set holds no key for RS256, PS256, ES256 or EdDSA".to_owned());
    }
    Ok(keys)
}

impl IssuerKey {
    /// Reads a key as it is kept.
    pub(crate) fn of_value(value: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let signs = jwk.used_for.as_deref().is_none_or(|used_for| used_for == "sig");
        let named = jwk.kid.as_ref().is_none_or(|kid| kid.len() <= LONGEST_KID);
        let key = PublicKey::of(&jwk)?;
        (signs && named).then_some(Self { jwk, key })
    }

    /// Returns the key as it is kept.
    pub(crate) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.jwk).unwrap_or_default()
    }

    /// Returns its name.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.jwk.kid.as_deref()
    }

    /// Returns whether it can verify signatures of that kind.
    pub(crate) fn is_for(&self, algorithm: Algorithm) -> bool {
        let said = self.jwk.alg.as_deref().is_none_or(|alg| alg == algorithm.name());
        let kind = match self.key {
            PublicKey::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            PublicKey::P256(_) => algorithm == Algorithm::Es256,
            PublicKey::Ed25519(_) => algorithm == Algorithm::EdDsa,
        };
        said && kind
    }

    /// Returns whether a signature is this key's.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.is_for(algorithm) {
            return false;
        }
        match &self.key {
            PublicKey::Rsa { n, e } => {
                let parameters = match algorithm {
                    Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                    Algorithm::Rs256 | Algorithm::Es256 | Algorithm::EdDsa => &RSA_PKCS1_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }
            PublicKey::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            PublicKey::Ed25519(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok()
            }
        }
    }
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerKey({} {:?})", self.jwk.kty, self.jwk.kid)
    }
}

impl PublicKey {
    fn of(jwk: &Jwk) -> Option<Self> {
        let bytes = |text: &Option<String>| BASE64_URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        match (&*jwk.kty, jwk.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (bytes(&jwk.n)?, bytes(&jwk.e)?);
                let fits = RSA_BYTES.contains(&n.len()) && (1..=LONGEST_EXPONENT).contains(&e.len());
                fits.then_some(Self::Rsa { n, e })
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes(&jwk.x)?, bytes(&jwk.y)?);
                let point: Vec<u8> = [4].into_iter().chain(x).chain(y).collect();
                Some(Self::P256(point.try_into().ok()?))
            }
            ("OKP", Some("Ed25519")) => Some(Self::Ed25519(bytes(&jwk.x)?.try_into().ok()?)),
            _ => None,
        }
    }
}
