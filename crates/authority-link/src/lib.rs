//! The wire between the site authority and the site's other roles: calls, answers and their frames.
//!
//! A frame is a 4-byte big-endian length and a JSON text of at most [`LARGEST_FRAME`] bytes. Each call carries a
//! number; its answer carries the same one, so that calls may overtake each other. Who calls is known from the
//! connection (peer credentials, or a role certificate), never from the message: the first call names the role that the
//! caller speaks for ([`server::AwaitIntroduction`]), and from then on only that role's calls are taken
//! ([`server::Introduced`]).

mod call;
mod answer;
mod dry_run;
mod rollout;
mod owner;
mod entries;
mod scopes;
mod issuer;
mod who;
mod application;
mod standing;
mod proofs;
mod approvals;
mod site_key;
mod shown;
mod codec;
mod permitted;

pub mod server;

pub use action::{Forecast, Pace};
pub use answer::*;
pub use application::*;
pub use approvals::{ApprovalAnswer, ApprovalCall, ApprovalRule, NAMED_DEVICES, WaitingEntry};
pub use call::*;
pub use codec::{Codec, NotUnderstood, decode_answer, decode_call, encode_answer, encode_call};
pub use dry_run::DryRun;
pub use entries::*;
pub use issuer::{IssuerEntry, IssuerPin, KeyBound};
pub use owner::*;
pub use proofs::{GrantEntry, KeyEntry, MirroredGrant, ProofAnswer, ProofCall, ServiceKey};
pub use rollout::{Results, Ring, RolloutPlan, Then};
pub use scopes::{ScopeCall, ScopeEntry};
pub use site_key::{SiteKey, SiteKeyEntry};
pub use standing::{AuditLine, DeviceEntry, Standing, Witnessed};
pub use who::{Explained, Held, PersonEntry, WhoMay};

/// The largest frame: a page of [`PAGE`] targets at about 100 bytes each, four times over.
pub const LARGEST_FRAME: usize = 4 << 20;

/// The most targets or devices in one message.
pub const PAGE: usize = 10_000;

/// The most devices that a dry run is told to be online: as many numbers fill less than a frame.
pub const MOST_ONLINE: usize = 250_000;

/// The most devices whose facts are in one message: facts may have 2 KiB for each.
pub const FACTS_PAGE: usize = 1_000;
