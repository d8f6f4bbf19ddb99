//! The agent on a device: hears its tasks, does them at most once, and answers.
//!
//! The modules stand in the order in which a task meets them.

mod config;
mod keep;
mod facts;
mod trusted_time;
mod connect;
mod journal;
mod kind;
mod schedule;
mod desk;

pub use config::{Config, Settings, SettingsError};
pub use connect::{Connect, Next, Transport, Way};
pub use desk::{Desk, Now, Outcome, Output, Say};
pub use facts::discover;
pub use journal::{Answer, Entry, Journal, JournalError, Owed, Push, ReturnCode, Stage, Task};
pub use kind::{Handling, Repeat, handling};
pub use schedule::{Asked, Cycles, Ended, Schedule, Work};
pub use trusted_time::TrustedTime;
