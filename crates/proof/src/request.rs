//! A request: what a person asks of a site (JSON in the form of RFC 8785, integers as decimal strings).
//!
//! Until people sign their own requests the console vouches for them: `idh`, `jkt` and `site_nonce` are empty, and whoever
//! decides says so.

mod check;
mod targets;

use action::{Clocks, ConsoleId, OfflinePolicy, SiteId, Targets, TaskGuid, TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

pub use check::RequestNotValid;

use crate::{
    Hash,
    canonical::{self, NotCanonical},
    encoding::decimal,
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
    /// Who says who the person is: `tenon:console:<console>` where the console vouches.
    pub iss: String,
    /// The person.
    pub sub: UserId,
    /// SHA-256 of the person's ID token; empty where the console vouches.
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

    /// Returns the issuer where the console vouches for the person.
    pub fn vouched_by(console: ConsoleId) -> String {
        format!("tenon:console:{console}")
    }

    /// Reads a request as received.
    ///
    /// # Errors
    ///
    /// Says what is wrong: bytes other than those that [`Request::encode`] writes, a member that is not valid.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let request: Self = canonical::decode(bytes, LARGEST)?;
        request.check()?;
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
