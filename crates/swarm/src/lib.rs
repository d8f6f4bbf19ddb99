//! Simulated devices: many in one process, for demonstrations and for measuring how large a site may grow.
//!
//! [`start()`] fetches the site's trust document and believes it only if the join token's root key has signed it
//! (`trust`). A few workers enrol the devices over HTTPS (`enrol`, `management`); each device then has a task of
//! its own that dials a notification server (`dial`, `pace`), signs in, and answers (`device`, `answers`).
//! Keys, certificates, TLS and messages are the real ones. What is simulated is the machine: nothing runs, nothing is
//! kept on disk, and a task is done as soon, and as often, as the [`Behaviour`] says (`behaviour`, `throws`, `work`).
//!
//! Each device checks its own way through a push's tree to the signed root; the signature of that root is checked once in a
//! process (`roots`), where real devices check it once each. What was done and how long it took is counted (`tally`,
//! `times`, `pushes`).
//!
//! Servers are told by the DNS name in their certificate, which carries their role; WebSocket, renewal of certificates
//! and new trust documents are not simulated.

mod start;
mod trust;
mod management;
mod enrol;
mod identity;
mod dial;
mod pace;
mod throws;
mod behaviour;
mod device;
mod line;
mod roots;
mod answers;
mod work;
mod times;
mod pushes;
mod tally;

pub use behaviour::Behaviour;
pub use dial::DialError;
pub use management::ManagementError;
pub use pushes::PushSeen;
pub use start::{Config, StartError, Swarm, start};
pub use tally::{Counts, Report};
pub use times::Percentiles;
