//! The wire between a console and a site's service connector.
//!
//! A site is attached once, with a code that the console made ([`attach`]); it gives each end the other's public key.
//! From then on the connector dials the console over a WebSocket. Both ends prove their keys in a [`handshake`]; after
//! it every message of the [`Session`] carries a counter and a MAC, so that whoever reads or cuts the connection in
//! between, such as a proxy that inspects TLS, cannot change it.
//!
//! Both ends are here, as state machines over plain values: time and dice are arguments, and nothing does I/O.

pub mod keys;
mod code;
pub mod attach;
pub mod audit_head;
mod transcript;
pub mod handshake;
mod channel;
mod session;
mod message;
mod question;
mod close;

pub use channel::{Channel, TooLarge, decompress};
pub use close::CloseReason;
pub use code::{AttachCode, AttachKey, CodeId, NotACode};
pub use message::*;
pub use question::*;
pub use session::{ConsoleSession, Due, Message, Session, SiteSession, decode};

use std::time::Duration;

/// Where the console takes site links: a WebSocket whose frames are binary messages.
pub const LINK_PATH: &str = "/site-link";

/// Where the console says who it is (GET) and takes attachments (POST).
pub const ATTACH_PATH: &str = "/site-attach";

/// The version of the handshake, of attaching and of the frames.
pub const VERSION: u32 = 1;

/// The largest frame on the link, before and after decompression.
pub const LARGEST_FRAME: usize = 4 << 20;

/// The largest message of the handshake and of attaching, in bytes: they hold a few keys and names.
pub const LARGEST_HANDSHAKE: usize = 4 << 10;

/// The most entries in one batch of events or devices.
pub const BATCH: usize = 5_000;

/// An end that has sent nothing for this long sends a heartbeat: proxies drop connections that are idle for a minute.
pub const HEARTBEAT: Duration = Duration::from_secs(20);

/// An end that has heard nothing for this long closes: two heartbeats may be lost.
pub const SILENCE: Duration = Duration::from_secs(50);

/// How long a handshake may take, from the connection to the last message.
pub const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How far apart the clocks of both ends may be: requests name moments, and each end checks them by its own clock.
pub const CLOCK_SKEW: Duration = Duration::from_mins(5);
