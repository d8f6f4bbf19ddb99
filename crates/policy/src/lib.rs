//! Policy: documents that say how a device must be, and what makes it so.
//!
//! A [`Document`] is parsed, evaluated and checked whole before anything of it is applied; the management side refuses
//! a bad one when it is put, the agent when it arrives. [`overruled`] finds what several policies describe differently.
//! [`run`] then takes each resource in the order of what depends on what, tests it, sets what differs and tests again,
//! all through a [`Machine`]: [`Host`] is this one.

mod node;
mod expression;
mod order;
mod document;
mod conflict;
mod run;
mod resource;
mod file;
mod machine;
mod dsc;

pub use conflict::{Conflict, Weighed, conflicts, overruled};
pub use document::{Document, DocumentError, Engine, LARGEST, MOST_RESOURCES, Resource, Warning};
pub use dsc::apply as apply_by_dsc;
pub use expression::{ENVIRONMENT, Environment, FUNCTIONS};
pub use file::{Counts, DevicePath, Ensure, File, FileAccess, FileError, Files, NotADevicePath};
pub use machine::{Access, Host, MOST_OUTPUT, Machine, Program, ProgramError, Ran, run as run_program};
pub use resource::{
    Apt, BUILT_IN, CommandResource, OsInfo, Properties, ResourceError, Script, Service, Sysctl, Tested, User,
};
pub use run::{Mode, ResourceOutcome, Rules, Status, run};
