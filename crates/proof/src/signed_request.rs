//! A request that a person's key has signed: a JWS in its compact form (RFC 7515), ES256 only.
//!
//! The header is one text for each key, `{"alg":"ES256","kid":"<thumbprint>","typ":"tenon-request+jws"}`, so that a reader
//! finds the key and verifies the signature over the bytes as received before it reads anything that they say. Tokens
//! of the identity provider that bound the key may follow, each behind `~`: the original, then a refreshed one.

use serde::{Deserialize, Serialize};

use crate::{
    Hash, PersonKey, PersonSigningKey, Request, Thumbprint, canonical,
    encoding::{base64url, from_base64url},
    person_key::PersonSignature,
    request::{self, RequestError},
};

/// The largest request with its tokens, in bytes: the payload in base64url, and what stands around it.
pub const LARGEST: usize = request::LARGEST / 3 * 4 + MOST_TOKENS * LARGEST_TOKEN + 1024;

/// The most tokens behind a request: the original and a refreshed one.
pub const MOST_TOKENS: usize = 2;

/// The largest token, in bytes: one with some hundreds of groups.
pub const LARGEST_TOKEN: usize = 32 << 10;

const ALGORITHM: &str = "ES256";
const TYPE: &str = "tenon-request+jws";

/// The largest header, in bytes: it has three members.
const LARGEST_HEADER: usize = 256;

/// What is sent of a signed request, not verified. Made by [`SignedRequest::parse`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedRequest {
    key: Thumbprint,
    signed: String,
    payload: Vec<u8>,
    signature: PersonSignature,
    tokens: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: Thumbprint,
    typ: String,
}

/// Why bytes are no request that the key has signed.
#[derive(Debug, thiserror::Error)]
pub enum NotASignedRequest {
    /// They are too many.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// They have another shape.
    #[error("it is not of the form `header.payload.signature`, each in base64url")]
    Shape,
    /// The header is not the one that there is.
    #[error("its header is not exactly `alg`, `kid` and `typ`, as this form has them")]
    Header,
    /// The header names another algorithm.
    #[error("its algorithm is not ES256")]
    Algorithm,
    /// The header says that it is something else.
    #[error("its type is not `{TYPE}`")]
    Type,
    /// A token is too long, or there are too many.
    #[error("its tokens are too many, too long or not tokens")]
    Tokens,
    /// The key has not signed these bytes.
    #[error("the key {0} has not signed it")]
    Signature(Thumbprint),
    /// It says that another key has signed it.
    #[error("its `jkt` is not the key that signed it")]
    OtherKey,
    /// What was signed is no request.
    #[error("what was signed is no request")]
    Payload(#[from] RequestError),
}

impl SignedRequest {
    /// Signs a request, whose `jkt` must be the key's thumbprint.
    ///
    /// # Errors
    ///
    /// The request is not valid, or names another key.
    pub fn sign(request: &Request, key: &PersonSigningKey) -> Result<Self, NotASignedRequest> {
        let payload = request.encode();
        Request::parse_signed(&payload)?;
        let thumbprint = key.public().thumbprint();
        if request.jkt != thumbprint.to_string() {
            return Err(NotASignedRequest::OtherKey);
        }
        let signed = format!("{}.{}", header(thumbprint), base64url(&payload));
        let signature = key.sign(signed.as_bytes());
        Ok(Self { key: thumbprint, signed, payload, signature, tokens: Vec::new() })
    }

    /// Puts the tokens behind it that bound the key to the person.
    #[must_use]
    pub fn with_tokens(self, tokens: Vec<String>) -> Self {
        Self { tokens, ..self }
    }

    /// Reads the form. Nothing that the request says is read.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotASignedRequest> {
        if bytes.len() > LARGEST {
            return Err(NotASignedRequest::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotASignedRequest::Shape)?;
        let mut parts = text.split('~');
        let jws = parts.next().unwrap_or_default();
        let tokens: Vec<String> = parts.map(str::to_owned).collect();
        if tokens.len() > MOST_TOKENS || !tokens.iter().all(|token| is_token(token)) {
            return Err(NotASignedRequest::Tokens);
        }
        let (signed, signature) = jws.rsplit_once('.').ok_or(NotASignedRequest::Shape)?;
        let (head, payload) = signed.split_once('.').ok_or(NotASignedRequest::Shape)?;
        let key = read_header(head)?;
        let payload = from_base64url(payload).ok_or(NotASignedRequest::Shape)?;
        let signature = signature.parse().map_err(|_| NotASignedRequest::Shape)?;
        Ok(Self { key, signed: signed.to_owned(), payload, signature, tokens })
    }

    /// Returns the bytes that are sent, hashed and kept.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = format!("{}.{}", self.signed, self.signature);
        for token in &self.tokens {
            text.push('~');
            text.push_str(token);
        }
        text.into_bytes()
    }

    /// Returns the key that is said to have signed it.
    pub fn key(&self) -> Thumbprint {
        self.key
    }

    /// Returns the tokens behind it.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Returns the hash that stands for the request in leaves and decisions: of all that is sent.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.encode())
    }

    /// Verifies the signature over the bytes as received, then reads the request.
    ///
    /// # Errors
    ///
    /// Another key has signed it, or what was signed is no request.
    pub fn verify(&self, key: &PersonKey) -> Result<Request, NotASignedRequest> {
        if key.thumbprint() != self.key || !key.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(NotASignedRequest::Signature(self.key));
        }
        self.claimed()
    }

    /// Reads what the request says without knowing who has signed it: for those who only carry it. Nothing may be decided
    /// by it.
    ///
    /// # Errors
    ///
    /// The payload is no request.
    pub fn claimed(&self) -> Result<Request, NotASignedRequest> {
        let request = Request::parse_signed(&self.payload)?;
        if request.jkt != self.key.to_string() {
            return Err(NotASignedRequest::OtherKey);
        }
        Ok(request)
    }
}

fn header(key: Thumbprint) -> String {
    base64url(&canonical::encode(&Header { alg: ALGORITHM.to_owned(), kid: key, typ: TYPE.to_owned() }))
}

/// Reads a header: the one text that there is for a key. `crit`, `jku`, `jwk`, `x5u` and whatever else a JWS may have are
/// members that it has not.
fn read_header(text: &str) -> Result<Thumbprint, NotASignedRequest> {
    let bytes = from_base64url(text).ok_or(NotASignedRequest::Shape)?;
    let header: Header = canonical::decode(&bytes, LARGEST_HEADER).map_err(|_| NotASignedRequest::Header)?;
    if header.alg != ALGORITHM {
        return Err(NotASignedRequest::Algorithm);
    }
    if header.typ != TYPE {
        return Err(NotASignedRequest::Type);
    }
    Ok(header.kid)
}

/// Returns whether a text has the form of a JWS; what it says is for whoever verifies it.
fn is_token(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LARGEST_TOKEN).contains(&text.len())
        && text.bytes().all(letter)
        && text.bytes().filter(|byte| *byte == b'.').count() == 2
}
