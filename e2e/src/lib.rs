//! Stories with the real programs: a console, a site and agents, each a process of its own on this machine.
//!
//! [`World`] starts them in a temporary folder, on free ports of 127.0.0.1, and ends them by their process ids.

mod program;
mod ports;
mod world;
mod people;
mod asking;
mod console_alone;
mod provider;
mod browser;
mod logs;
mod wal;
pub mod page;

pub use browser::{Arrived, Browser};
pub use console_alone::ConsoleAlone;
pub use logs::{Lines, fold};
pub use ports::free_port;
pub use program::{Program, binary};
pub use provider::OpenIdProvider;
pub use wal::commits;
pub use world::{AgentOnDevice, Processes, Site, World, WorldOptions, eventually};
