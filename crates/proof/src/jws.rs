//! What a person's key has signed, in the compact form of a JWS (RFC 7515): ES256 only, and one header for each key and
//! type, `{"alg":"ES256","kid":"<thumbprint>","typ":"<type>"}`.

use serde::{Deserialize, Serialize};

use crate::{
    PersonKey, PersonSigningKey, Thumbprint, canonical,
    encoding::{base64url, from_base64url},
    person_key::PersonSignature,
};

const ALGORITHM: &str = "ES256";

/// The largest header, in bytes: it has three members.
const LARGEST_HEADER: usize = 256;

/// A text that a key is said to have signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Jws {
    key: Thumbprint,
    signed: String,
    payload: Vec<u8>,
    signature: PersonSignature,
}

/// Why a text is not signed as it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAJws {
    /// It has another shape.
    #[error("it is not of the form `header.payload.signature`, each in base64url")]
    Shape,
    /// The header is not the one that there is.
    #[error("its header is not exactly `alg`, `kid` and `typ`, as this form has them")]
    Header,
    /// The header names another algorithm.
    #[error("its algorithm is not ES256")]
    Algorithm,
    /// The header says that it is something else.
    #[error("its type is not `{0}`")]
    Type(&'static str),
    /// The key has not signed these bytes.
    #[error("the key {0} has not signed it")]
    Signature(Thumbprint),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: Thumbprint,
    typ: String,
}

impl Jws {
    /// Signs a payload.
    pub(crate) fn sign(typ: &'static str, payload: Vec<u8>, key: &PersonSigningKey) -> Self {
        let kid = key.public().thumbprint();
        let header = Header { alg: ALGORITHM.to_owned(), kid, typ: typ.to_owned() };
        let signed = format!("{}.{}", base64url(&canonical::encode(&header)), base64url(&payload));
        let signature = key.sign(signed.as_bytes());
        Self { key: kid, signed, payload, signature }
    }

    /// Reads the form. `crit`, `jku`, `jwk`, `x5u` and whatever else a JWS may have are members that the header has not.
    pub(crate) fn parse(typ: &'static str, text: &str) -> Result<Self, NotAJws> {
        let (signed, signature) = text.rsplit_once('.').ok_or(NotAJws::Shape)?;
        let (head, payload) = signed.split_once('.').ok_or(NotAJws::Shape)?;
        let head = from_base64url(head).ok_or(NotAJws::Shape)?;
        let header: Header = canonical::decode(&head, LARGEST_HEADER).map_err(|_| NotAJws::Header)?;
        if header.alg != ALGORITHM {
            return Err(NotAJws::Algorithm);
        }
        if header.typ != typ {
            return Err(NotAJws::Type(typ));
        }
        let payload = from_base64url(payload).ok_or(NotAJws::Shape)?;
        let signature = signature.parse().map_err(|_| NotAJws::Shape)?;
        Ok(Self { key: header.kid, signed: signed.to_owned(), payload, signature })
    }

    /// Returns the text.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}", self.signed, self.signature)
    }

    /// Returns the key that is said to have signed it.
    pub(crate) fn key(&self) -> Thumbprint {
        self.key
    }

    /// Returns what it says, whoever has signed it.
    pub(crate) fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Verifies the signature over the bytes as received.
    pub(crate) fn verify(&self, key: &PersonKey) -> Result<(), NotAJws> {
        if key.thumbprint() == self.key && key.verifies(self.signed.as_bytes(), &self.signature) {
            return Ok(());
        }
        Err(NotAJws::Signature(self.key))
    }
}
