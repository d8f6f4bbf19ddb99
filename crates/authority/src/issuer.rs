//! Identity providers: what the site's owner pinned of them, which keys they have, and what their ID tokens prove.
//!
//! A person's key is bound by a token that commits to it. The token is read as received ([`token`]), verified with the keys of
//! a pinned issuer ([`keys`], [`jwk`]) and judged against what is pinned ([`pinned`], [`mod@verify`]); all of that is
//! a matter of values. Only [`fetch`] reaches an issuer.

mod algorithm;
mod fetch;
mod jwk;
mod keys;
mod members;
mod pinned;
mod token;
mod verify;

pub(crate) use fetch::{Fetched, Fetcher, Wanted};
pub(crate) use jwk::read_set;
pub(crate) use keys::{KeyRing, Look};
pub(crate) use pinned::PinnedIssuer;
pub(crate) use token::Token;
pub(crate) use verify::{NotProven, Proven, Shown, issuer_of, verify};
