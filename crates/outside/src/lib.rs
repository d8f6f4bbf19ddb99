//! What a program fetches from addresses that somebody else named: over TLS, from the internet, without following
//! redirects, bounded in size and time.
//!
//! The console fetches for its tenants (providers, webhooks), the site's authority from the issuers that its owner pinned.
//! Which addresses count as the internet is in [`address`]; names are looked up by a [`LookUp`], at the moment of dialling.

pub mod address;
mod look_up;
mod fetch;

pub use fetch::{Options, Outside, OutsideError};
pub use look_up::{Addresses, LookUp, SystemNames};
