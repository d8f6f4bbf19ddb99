//! The wire between an agent and its site's management point: HTTPS calls, as values.
//!
//! An agent makes a [`Call`] and turns it into a request ([`client::request`]); the management point finds the
//! [`Route`] of what it received, reads the body within that route's limits ([`server::read`]), and writes the
//! [`Answer`] or a [`Refusal`]; the agent reads either ([`client::read`]). Nothing here opens a socket: both ends of the
//! wire are functions, and what one writes the other reads.
//!
//! What decodes is strict about lengths and shape and skips members that it does not know, so that agents and
//! management points of different versions can talk.

mod route;
mod body;
mod content;
mod applications;
mod logs;
mod fit;
mod call;
pub mod client;
pub mod server;
mod refusal;

pub use applications::{ApplicationReport, ApplicationState, ApplicationsReport, MOST_APPLICATIONS};
pub use body::*;
pub use call::{Answer, Call};
pub use content::{ByteRange, LARGEST_RANGE, Part};
pub use fit::NotValid;
pub use logs::{LogsPart, MOST_LOG_PARTS, parts};
pub use refusal::{Refusal, RefusalKind};
pub use route::{Caller, Route, path};

/// The largest body of a call, and of an answer that says nothing else.
pub const LARGEST_BODY: usize = 64 << 10;
/// The largest policy document.
pub const LARGEST_DOCUMENT: usize = 1 << 20;
/// The largest signed text (trust document, manifest): a manifest holds some 200 bytes for each policy.
pub const LARGEST_SIGNED_TEXT: usize = 256 << 10;

/// The longest request for a certificate, PEM, in bytes: one for a P-256 key is below 500.
pub const LONGEST_CSR: usize = 4 << 10;
/// The longest id or secret of a join token, in bytes: 16 bytes in base64url are 22.
pub const LONGEST_TOKEN_PART: usize = 64;
/// The longest text of discovery data, in bytes: a host's name has at most 253.
pub const LONGEST_FACT: usize = 255;
/// The most addresses, and the most tags, of a device.
pub const MOST_DETAILS: usize = 16;
/// The longest address or tag, in bytes: an IPv6 address has 39.
pub const LONGEST_DETAIL_ENTRY: usize = 64;
/// The longest name of a policy, resource or type in a report, in bytes.
pub const LONGEST_NAME: usize = 255;
/// The longest detail of a resource in a report, in bytes.
pub const LONGEST_DETAIL: usize = 1_000;
/// The most resources that one report names one by one; the others are counted in [`ComplianceReport::omitted`].
pub const MOST_RESOURCES: usize = 1_000;
