//! The wire between a notification server and the agents on its devices: XML messages in frames, and the state
//! machines of both ends.
//!
//! A frame ([`FrameReader`], [`frame()`]) holds one message ([`ToServer`], [`ToAgent`]), and an [`Inbox`] makes messages of
//! what a connection brings. A server's connection begins as
//! [`server::AwaitSignIn`] and becomes [`server::Online`]; an agent's begins as [`agent::Connecting`] and becomes
//! [`agent::SignedIn`]. Nothing here opens a socket, reads a clock or throws dice: the time since any fixed moment and
//! a throw of the dice arrive as arguments, and messages to send are returned.

mod frame;
mod xml;
mod message;
mod return_code;
mod usual;
mod decode;
mod encode;
mod request_form;
mod close;
mod inbox;
pub mod server;
pub mod agent;

use std::time::Duration;

pub use close::CloseReason;
pub use decode::Malformed;
pub use frame::{FrameReader, frame};
pub use inbox::{Inbox, Incoming, Received};
pub use message::{
    Cancel, Confirm, KEEP_ALIVE, Progress, PushedTask, Receipt, Redirect, Request, Response, Restarting,
    SignIn, SignInConfirm, SignInRefusal, SignInRefused, ToAgent, ToServer,
};
pub use request_form::RequestForm;
pub use return_code::ReturnCode;

/// The version of the messages that this crate speaks. Members are added without raising it: who does not know them
/// skips them.
pub const MESSAGE_VERSION: u32 = 1;

/// The largest frame, in bytes: a request with the longest parameter, all of it escaped, takes less than half.
pub const LARGEST_FRAME: usize = 64 << 10;

/// The longest `TaskParam`, in bytes: it is meant for names and ids, not for content.
pub const LONGEST_PARAM: usize = 4 << 10;

/// The longest `Detail` of an answer, in bytes. The agent's end cuts what is longer.
pub const LONGEST_DETAIL: usize = 4 << 10;

/// The longest of the other texts, in bytes: a signed site time has some 200.
pub const LONGEST_TEXT: usize = 1 << 10;

/// The most hashes of a Merkle proof: a tree of 2^32 leaves.
pub const MOST_PROOF_HASHES: usize = 32;

/// The most entries of one confirmation or redirection. A server with more to confirm sends several.
pub const MOST_ENTRIES: usize = 256;

/// How long the rest of a frame may take once it has begun: 64 KiB at 2 KiB a second.
pub const FRAME_WITHIN: Duration = Duration::from_secs(30);

/// How long the first message may take, and its answer.
pub const SIGN_IN_WITHIN: Duration = Duration::from_secs(30);

/// How often an agent says that it is there, unless the site says otherwise.
pub const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(240);

/// The shortest keep-alive that a site may set: 100,000 devices would send 10,000 messages a second.
pub const SHORTEST_KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How long an end stays silent before the other takes it for gone: two and a half keep-alives, so that one may be
/// lost in a pause of the network.
pub fn patience(keep_alive: Duration) -> Duration {
    keep_alive * 5 / 2
}
