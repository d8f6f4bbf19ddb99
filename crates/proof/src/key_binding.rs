//! The binding: "this key is mine, and this token of my sign-in commits to it", signed by the key itself.
//!
//! A JWS like that of a request, `typ` `tenon-binding+jws`, with one or two tokens behind it, each behind `~`: that of the
//! sign-in, then the newest that it was refreshed with. The console carries it and can change nothing in it. The same
//! text under `typ` `tenon-sign-in+jws` signs the person in at the console: who has seen the one cannot use it as the
//! other. A [`Retirement`] ends what a binding began: "believe this key no more".

use action::{ConsoleId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Commitment, Hash, Level, PersonKey, PersonSigningKey, Thumbprint, canonical,
    encoding::{array_from_base64url, base64url},
    jws::{Jws, NotAJws},
};

/// The largest binding with its tokens, in bytes.
pub const LARGEST: usize = 2 * (LARGEST_TOKEN + 1) + (8 << 10);

/// The largest token, in bytes: one with some hundreds of groups.
pub const LARGEST_TOKEN: usize = 32 << 10;

const RETIREMENT: &str = "tenon-retirement+jws";

/// The largest payload, in bytes: a key and some short texts.
const LARGEST_PAYLOAD: usize = 2 << 10;

const VERSION: &str = "1";

/// Whom a binding is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum For {
    /// The authorities of the sites, which believe the key from then on.
    Sites,
    /// The console, where it begins a session.
    Console,
}

impl For {
    fn typ(self) -> &'static str {
        match self {
            For::Sites => "tenon-binding+jws",
            For::Console => "tenon-sign-in+jws",
        }
    }
}

/// What a person says of a new key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyBinding {
    /// The key.
    pub key: PersonKey,
    /// The random bytes of the commitment.
    pub rz: [u8; 32],
    /// The tenant of the commitment.
    pub tenant: TenantId,
    /// The console at which the key asks.
    pub console: ConsoleId,
    /// The level of the commitment.
    pub level: Level,
    /// When it was made.
    pub iat: Timestamp,
    /// The token of the sign-in.
    pub id_token: String,
    /// The newest token that the sign-in was refreshed with.
    pub refreshed: Option<String>,
}

/// What a person says at the end of a key's life.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Retirement {
    /// The key.
    pub jkt: Thumbprint,
    /// The tenant.
    pub tenant: TenantId,
    /// When it was made.
    pub iat: Timestamp,
}

/// Why a text is no binding or no retirement.
#[derive(Debug, thiserror::Error)]
pub enum NotABinding {
    /// It is too large.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// It is no JWS of that type.
    #[error(transparent)]
    Jws(#[from] NotAJws),
    /// What was signed says something else.
    #[error("what was signed is not what it should be")]
    Payload,
    /// The tokens are others than those that were signed for.
    #[error("its tokens are not those that were signed for")]
    Tokens,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    v: String,
    jwk: PersonKey,
    rz: String,
    tenant: TenantId,
    console: ConsoleId,
    level: Level,
    iat: Timestamp,
    /// SHA-256 of each token.
    tokens: Vec<Hash>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetirementPayload {
    v: String,
    jkt: Thumbprint,
    tenant: TenantId,
    iat: Timestamp,
}

impl KeyBinding {
    /// Returns what the token must commit to.
    pub fn commitment(&self) -> Commitment {
        let Self { key, rz, tenant, level, .. } = self;
        Commitment { jkt: key.thumbprint(), rz: *rz, tenant: *tenant, level: *level }
    }

    /// Returns the text that is sent, signed by the key, which must be the one that is bound.
    pub fn sign(&self, whom: For, key: &PersonSigningKey) -> String {
        let tokens = || std::iter::once(&self.id_token).chain(&self.refreshed);
        let payload = Payload {
            v: VERSION.to_owned(),
            jwk: self.key,
            rz: base64url(&self.rz),
            tenant: self.tenant,
            console: self.console,
            level: self.level,
            iat: self.iat,
            tokens: tokens().map(|token| Hash::of(token.as_bytes())).collect(),
        };
        let mut text = Jws::sign(whom.typ(), canonical::encode(&payload), key).text();
        for token in tokens() {
            text.push('~');
            text.push_str(token);
        }
        text
    }

    /// Reads a binding and verifies that the key itself has signed it. What the tokens say is not read.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn verify(whom: For, text: &str) -> Result<Self, NotABinding> {
        if text.len() > LARGEST {
            return Err(NotABinding::TooLarge);
        }
        let mut parts = text.split('~');
        let jws = Jws::parse(whom.typ(), parts.next().unwrap_or_default())?;
        let payload: Payload =
            canonical::decode(jws.unverified_payload(), LARGEST_PAYLOAD).map_err(|_| NotABinding::Payload)?;
        jws.verify(&payload.jwk)?;
        let rz = array_from_base64url(&payload.rz).ok_or(NotABinding::Payload)?;
        if payload.v != VERSION {
            return Err(NotABinding::Payload);
        }
        let tokens: Vec<&str> = parts.collect();
        let same = tokens.iter().map(|token| Hash::of(token.as_bytes())).eq(payload.tokens.iter().copied());
        let small = tokens.iter().all(|token| token.len() <= LARGEST_TOKEN);
        let (id_token, refreshed) = match (&*tokens, same && small) {
            ([id_token], true) => (*id_token, None),
            ([id_token, refreshed], true) => (*id_token, Some((*refreshed).to_owned())),
            _ => return Err(NotABinding::Tokens),
        };
        let Payload { jwk, tenant, console, level, iat, .. } = payload;
        Ok(Self { key: jwk, rz, tenant, console, level, iat, id_token: id_token.to_owned(), refreshed })
    }
}

impl Retirement {
    /// Returns the text that is sent, signed by the key, which must be the one that is retired.
    pub fn sign(&self, key: &PersonSigningKey) -> String {
        let Self { jkt, tenant, iat } = *self;
        let payload = RetirementPayload { v: VERSION.to_owned(), jkt, tenant, iat };
        Jws::sign(RETIREMENT, canonical::encode(&payload), key).text()
    }

    /// Returns the key that a retirement is said to be of: where to find it, and no more than that.
    ///
    /// # Errors
    ///
    /// The text is no retirement.
    pub fn key_of(text: &str) -> Result<Thumbprint, NotABinding> {
        Ok(Self::parse(text)?.key())
    }

    /// Reads a retirement and verifies that the key itself has signed it.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn verify(text: &str, key: &PersonKey) -> Result<Self, NotABinding> {
        let jws = Self::parse(text)?;
        jws.verify(key)?;
        let payload: RetirementPayload =
            canonical::decode(jws.unverified_payload(), LARGEST_PAYLOAD).map_err(|_| NotABinding::Payload)?;
        let RetirementPayload { v, jkt, tenant, iat } = payload;
        if v != VERSION || jkt != key.thumbprint() {
            return Err(NotABinding::Payload);
        }
        Ok(Self { jkt, tenant, iat })
    }

    fn parse(text: &str) -> Result<Jws, NotABinding> {
        if text.len() > LARGEST {
            return Err(NotABinding::TooLarge);
        }
        Ok(Jws::parse(RETIREMENT, text)?)
    }
}

#[cfg(test)]
mod tests;
