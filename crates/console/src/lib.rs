//! The admin center: people sign in, look at devices, ask for actions and see what became of them.
//!
//! A request meets [`web`](self), which knows the caller's address and bounds everything; `people` says who it is and what
//! they may do; `actions` takes what they ask for and stores it before anybody is told; `sites` hands it to the site's
//! link and takes in what comes back; `devices` shows what sites upload. Everything that is kept is in `store`; the page that people see is in `assets`.

mod config;
mod state;
mod counters;
mod web;
mod assets;
mod problem;
mod read;
mod secret;
mod page;
mod people;
mod actions;
mod sites;
mod devices;
mod graph;
mod live;
mod audit;
mod webhooks;
mod spans;
mod store;
mod openapi;
mod housekeeping;
mod start;
pub mod admin;

#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError, TlsFiles};
pub use openapi::openapi;
pub use spans::TracesConfig;
pub use start::{StartError, start};
