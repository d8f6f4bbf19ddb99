//! Applications: documents that say how a piece of software is recognised, installed and removed, and the decisions
//! about them. The authority refuses a bad document when it is put, the agent when it arrives.
//!
//! An [`Application`] has deployment types in order; the agent takes the first whose [`Requirement`]s the device meets,
//! looks with its [`Detection`] whether it is there, and [`plan()`] says what to install and remove in which order.
//! [`ReturnCodes`] say what a program's exit code means, [`Window`]s when the machine may be changed. Nothing here
//! touches a machine or reads a clock.

mod version;
mod script;
mod requirement;
mod detection;
mod content;
mod step;
mod return_codes;
mod document;
mod window;
mod state;
mod order;
mod plan;

pub use content::ContentFile;
pub use detection::Detection;
pub use document::{
    Application, DeploymentType, DocumentError, LARGEST, MOST_CONTENT, MOST_TYPES, Supersedes,
};
pub use order::{Loop, order};
pub use plan::{Considered, Done, Observed, Plan, Planned, Told, plan, settle};
pub use requirement::{Machine, Requirement, Verdict};
pub use return_codes::{Meaning, ReturnCodes};
pub use script::{LONGEST_TIMEOUT, Script};
pub use state::AppState;
pub use step::{Act, Step};
pub use version::{VersionRule, compare};
pub use window::{Window, WindowError, any_open};
