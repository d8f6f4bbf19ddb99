//! The notification server: holds the devices' connections and hands them their push tasks.
//!
//! A connection passes through `listen`, `handshake`, `sign_in` and `serve`, and has its seat in `registry`. A
//! push message is found by `dispatch`, waits in the `backlog` behind its `throttle`, is signed by the site
//! authority as a `release`, and reaches its connection through a `mailbox`. What the device says goes to `record`.
//! Beside them `presence` stores who is online, `reap` ends what is overdue, and `revoked` closes who may not stay.
//!
//! Everything in memory can be lost: what is true stands in the site's store, and one look at it makes this right.

mod config;
mod authority;
mod certificate;
mod tickets;
mod revoked;
mod counters;
mod start;
mod open_files;
mod half_open;
mod listen;
mod session;
mod handshake;
mod transport;
mod shared;
mod sign_in;
mod serve;
mod mailbox;
mod registry;
mod news;
mod throttle;
mod drains;
mod backlog;
mod release;
mod dispatch;
mod record;
mod presence;
mod reap;

pub use config::{Config, ConfigError};
pub use start::{StartError, start};
pub use throttle::{
    ANSWERED_WITHIN, LiveThrottles, Pace, Throttle, ThrottleError, Throttles, UNTHROTTLED_PER_SECOND,
    forecast,
};
