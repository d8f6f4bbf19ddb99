//! A request that a person's key has signed: a JWS in its compact form (RFC 7515), ES256 only.
//!
//! The header is one text for each key, `{"alg":"ES256","kid":"<thumbprint>","typ":"tenon-request+jws"}`, so that a reader
//! finds the key and verifies the signature over the bytes as received before it reads anything that they say. Tokens
//! of the identity provider that bound the key may follow, each behind `~`: the original, then a refreshed one.

use crate::{
    Hash, PersonKey, PersonSigningKey, Request, Thumbprint,
    jws::{Jws, NotAJws},
    request::{self, RequestError},
};

/// The largest request with its tokens, in bytes: the payload in base64url, and what stands around it.
pub const LARGEST: usize = request::LARGEST / 3 * 4 + MOST_TOKENS * LARGEST_TOKEN + 1024;

/// The most tokens behind a request: the original and a refreshed one.
pub const MOST_TOKENS: usize = 2;

/// The largest token, in bytes: one with some hundreds of groups.
pub const LARGEST_TOKEN: usize = 32 << 10;

const TYPE: &str = "tenon-request+jws";

/// What is sent of a signed request, not verified. Made by [`SignedRequest::parse`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedRequest {
    jws: Jws,
    tokens: Vec<String>,
}

/// Why bytes are no request that the key has signed.
#[derive(Debug, thiserror::Error)]
pub enum NotASignedRequest {
    /// They are too many.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// They are no JWS of a request, or the key has not signed it.
    #[error(transparent)]
    Jws(#[from] NotAJws),
    /// A token is too long, or there are too many.
    #[error("its tokens are too many, too long or not tokens")]
    Tokens,
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
        Ok(Self { jws: Jws::sign(TYPE, payload, key), tokens: Vec::new() })
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
        let text = std::str::from_utf8(bytes).map_err(|_| NotAJws::Shape)?;
        let mut parts = text.split('~');
        let jws = parts.next().unwrap_or_default();
        let tokens: Vec<String> = parts.map(str::to_owned).collect();
        if tokens.len() > MOST_TOKENS || !tokens.iter().all(|token| is_token(token)) {
            return Err(NotASignedRequest::Tokens);
        }
        Ok(Self { jws: Jws::parse(TYPE, jws)?, tokens })
    }

    /// Returns the bytes that are sent, hashed and kept.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = self.jws.text();
        for token in &self.tokens {
            text.push('~');
            text.push_str(token);
        }
        text.into_bytes()
    }

    /// Returns the key that is said to have signed it.
    pub fn key(&self) -> Thumbprint {
        self.jws.key()
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
        self.jws.verify(key)?;
        self.claimed()
    }

    /// Reads what the request says without knowing who has signed it: for those who only carry it. Nothing may be decided
    /// by it.
    ///
    /// # Errors
    ///
    /// The payload is no request.
    pub fn claimed(&self) -> Result<Request, NotASignedRequest> {
        let request = Request::parse_signed(self.jws.unverified_payload())?;
        if request.jkt != self.key().to_string() {
            return Err(NotASignedRequest::OtherKey);
        }
        Ok(request)
    }
}

/// Returns whether a text has the form of a JWS; what it says is for whoever verifies it.
fn is_token(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LARGEST_TOKEN).contains(&text.len())
        && text.bytes().all(letter)
        && text.bytes().filter(|byte| *byte == b'.').count() == 2
}
