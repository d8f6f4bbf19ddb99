//! What each of Tenon's programs starts with: its configuration, its logs, its ends of TLS, HTTP and calls, and an
//! orderly end.
//!
//! The modules stand in the order in which a starting program meets them. This crate is one of the few places that
//! read the clock and throw the dice ([`clock`], [`dice`]); what decides takes both as arguments.

pub mod error;
pub mod clock;
pub mod dice;
pub mod config;
pub mod lock;
pub mod log;
pub mod metrics;
pub mod shutdown;
pub mod running;
pub mod wake;
pub mod backoff;
pub mod frames;
pub mod call;
pub mod tls;
pub mod proxy;
pub mod http;
pub mod observe;
pub mod check;
