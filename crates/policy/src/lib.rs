//! Policy: documents that say how a device must be, and what makes it so.
//!
//! A [`Document`] is parsed and checked whole before anything of it is applied; the management side refuses a bad one
//! when it is put, the agent when it arrives. [`run`] then takes each resource in the order of what depends on what,
//! tests it, sets what differs and tests again; [`Files`] is the part that touches the machine.

mod node;
mod expression;
mod order;
mod document;
mod run;
mod file;

pub use document::{Document, DocumentError, LARGEST, MOST_RESOURCES, Properties, Resource};
pub use file::{DevicePath, Ensure, File, FileAccess, FileError, Files};
pub use run::{ResourceOutcome, Resources, Status, run};
