//! The words that every part of Tenon shares: who and what an action concerns, what it asks for, where it
//! stands, and why it stopped.
//!
//! Nothing here reads a clock, throws dice or does I/O: time arrives as a [`Timestamp`], ids arrive made.

mod id;
mod time;
mod kind;
mod state;
mod reason;
mod hop;
mod history;
mod target;
mod forecast;

pub use forecast::{Forecast, Pace};
pub use history::Entry;
pub use hop::Hop;
pub use id::{
    BatchId, ConsoleId, DeviceId, EnrolmentId, PushId, ResourceId, SiteId, TaskGuid, TaskId, TenantId, UserId,
};
pub use kind::{ActionKind, OfflinePolicy};
pub use reason::Reason;
pub use state::{Audited, Conclusion, Event, SkippedHop, State};
pub use target::{Target, Targets};
pub use time::{Clocks, Timestamp};
