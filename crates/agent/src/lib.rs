//! The agent on a device: hears its tasks, does them at most once, and answers.
//!
//! The modules stand in the order in which a task meets them. What decides is free of I/O and takes time and dice as
//! arguments: `connect` where to connect next, `receive` whether a task is the site's, `desk` what becomes of it (over
//! the `journal`, the only I/O there), `schedule` what runs when. `link`, `run` and `program` move bytes, files and
//! time between them.

mod config;
mod keep;
mod identity;
mod credentials;
mod dial;
mod management;
mod facts;
mod enrol;
mod connect;
mod line;
mod link;
mod trusted_time;
mod seen;
mod receive;
mod journal;
mod kind;
mod schedule;
mod child;
mod desk;
mod enforce;
mod run;
mod local;
mod program;
mod examine;

pub use child::Pace;
pub use config::{Config, Settings, SettingsError};
pub use credentials::CredentialsError;
pub use dial::DialError;
pub use enrol::{EnrolError, EnrolOptions, Enrolment, Existing, enrol};
pub use examine::examine;
pub use identity::IdentityError;
pub use journal::JournalError;
pub use local::{LocalError, LocalOrder, apply_as_this_user, apply_here};
pub use management::ManagementError;
pub use program::{AgentLogs, RunError, run};
pub use schedule::Cycles;
