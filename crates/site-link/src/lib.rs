//! The wire between a console and a site's service connector.
//!
//! The connector dials the console over a WebSocket. Both ends prove their keys in a handshake; after it every
//! message carries a counter and a MAC, so that whoever reads or cuts the connection in between cannot change it.

mod message;

pub use message::*;

/// The largest frame on the link, before and after decompression.
pub const LARGEST_FRAME: usize = 4 << 20;

/// The most entries in one batch of events or devices.
pub const BATCH: usize = 5_000;
