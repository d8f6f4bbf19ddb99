//! The wire between the site authority and the site's other roles: calls, answers and their frames.
//!
//! A frame is a 4-byte big-endian length and a JSON text of at most [`LARGEST_FRAME`] bytes. Each call carries a
//! number; its answer carries the same one, so that calls may overtake each other. Who calls is known from the
//! connection (peer credentials, or a role certificate), never from the message.

mod call;
mod owner;

pub use call::*;
pub use owner::*;

/// The largest frame: a page of [`PAGE`] targets at about 100 bytes each, four times over.
pub const LARGEST_FRAME: usize = 4 << 20;

/// The most targets, devices or facts in one message.
pub const PAGE: usize = 10_000;
