//! A request: what a person asks of a site (JSON in the form of RFC 8785, integers as decimal strings).
//!
//! A person's own key signs it ([`crate::signed_request`]); or, where the site's owner has allowed that for a caller who
//! cannot sign, the console vouches for the person: `idh`, `jkt` and `site_nonce` are then empty, and whoever decides
//! says so.

mod check;
mod targets;

use action::{Clocks, ConsoleId, OfflinePolicy, SiteId, Targets, TaskGuid, TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use check::RequestNotValid;

use crate::{
    Hash, SignedRequest,
    canonical::{self, NotCanonical},
    encoding::decimal,
    signed_request::NotASignedRequest,
};

/// The largest request, in bytes: 1,000 targets with names of 255 letters, and `TaskParam`.
pub const LARGEST: usize = 512 << 10;

/// The longest `TaskParam`, in bytes.
pub const LONGEST_PARAM: usize = 4 << 10;

/// What a person asks of a site.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The version of this form.
    #[serde(with = "decimal")]
    pub v: u32,
    /// The action's id, made by who asks.
    pub id: TaskGuid,
    /// Who says who the person is: `tenon:site:<site>` where the site itself has paired the key, the provider's issuer where
    /// a token binds it, `tenon:console:<console>` (and `:token:<id>` for an API token) where the console vouches.
    pub iss: String,
    /// The person.
    pub sub: UserId,
    /// SHA-256 of the person's ID token, hexadecimal; empty where no token binds the key, and where the console vouches.
    pub idh: String,
    /// The thumbprint of the person's key; empty where the console vouches.
    pub jkt: String,
    /// The tenant.
    pub tenant: TenantId,
    /// The site.
    pub site: SiteId,
    /// The console.
    pub console: ConsoleId,
    /// What kind of request it is.
    pub kind: RequestKind,
    /// What is asked.
    pub params: Params,
    /// What it is aimed at.
    #[serde(with = "targets")]
    pub targets: Targets,
    /// When it was made.
    pub iat: Timestamp,
    /// The site must have it by then.
    pub exp: Timestamp,
    /// The devices must have it by then.
    pub deliver_by: Timestamp,
    /// Seconds that a device may take from `received` to its answer.
    #[serde(with = "decimal")]
    pub finish_within: u32,
    /// What happens to targets that are offline.
    pub offline: OfflinePolicy,
    /// The site's nonce; empty where the console vouches.
    pub site_nonce: String,
}

/// A kind of request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// A device action.
    DeviceAction,
}

/// What a device action is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The action's type.
    #[serde(with = "decimal")]
    pub task_type: u32,
    /// `TaskParam`.
    pub task_param: String,
}

impl Request {
    /// The version that this crate writes and reads.
    pub const VERSION: u32 = 1;

    /// Returns the issuer where the console vouches for a person who is signed in there.
    pub fn vouched_by(console: ConsoleId) -> String {
        format!("tenon:console:{console}")
    }

    /// Returns the issuer where the console vouches for whoever holds an API token.
    pub fn vouched_for_token(console: ConsoleId, token: Uuid) -> String {
        format!("tenon:console:{console}:token:{token}")
    }

    /// Returns the issuer of a key that the site has paired.
    pub fn paired_at(site: SiteId) -> String {
        format!("tenon:site:{site}")
    }

    /// Returns the API token whose holder the console vouches for, where it is one.
    pub fn token(&self) -> Option<Uuid> {
        let rest = self.iss.strip_prefix(&Self::vouched_by(self.console))?;
        rest.strip_prefix(":token:")?.parse().ok()
    }

    /// Reads a request that the console vouches for, as received.
    ///
    /// # Errors
    ///
    /// Says what is wrong: bytes other than those that [`Request::encode`] writes, a member that is not valid.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let request: Self = canonical::decode(bytes, LARGEST)?;
        request.check_vouched()?;
        Ok(request)
    }

    /// Reads what a key has signed.
    pub(crate) fn parse_signed(bytes: &[u8]) -> Result<Self, RequestError> {
        let request: Self = canonical::decode(bytes, LARGEST)?;
        request.check_signed()?;
        Ok(request)
    }

    /// Returns the request's bytes: those that are sent, hashed and kept.
    pub fn encode(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// Returns the hash that stands for the request in leaves and decisions.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.encode())
    }

    /// Returns the two clocks.
    pub fn clocks(&self) -> Clocks {
        Clocks { deliver_by: self.deliver_by, finish_within_seconds: self.finish_within }
    }
}

/// A request as it is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sent {
    /// Signed by the person's key, and not verified.
    Signed(SignedRequest),
    /// Signed by nobody: the console vouches for the person.
    Vouched(Request),
}

impl Sent {
    /// Reads the form of a request: a JWS, else the request itself.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn read(bytes: &[u8]) -> Result<Self, NotSent> {
        if bytes.first() == Some(&b'{') {
            return Ok(Sent::Vouched(Request::parse(bytes)?));
        }
        Ok(Sent::Signed(SignedRequest::parse(bytes)?))
    }

    /// Reads what a request says without verifying it: for those who only carry it. Nothing may be decided by it.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn claimed(bytes: &[u8]) -> Result<Request, NotSent> {
        match Self::read(bytes)? {
            Sent::Signed(signed) => Ok(signed.claimed()?),
            Sent::Vouched(request) => Ok(request),
        }
    }
}

/// Why bytes are no request, signed or not.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// They are no request that the console vouches for.
    #[error(transparent)]
    Vouched(#[from] RequestError),
    /// They are no signed request.
    #[error("the signed request is refused")]
    Signed(#[from] NotASignedRequest),
}

/// Why bytes are no request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// They are not in the form of a request.
    #[error("the request's bytes are refused")]
    Form(#[from] NotCanonical),
    /// A member is not valid.
    #[error(transparent)]
    Member(#[from] RequestNotValid),
}

#[cfg(test)]
mod tests;
