//! What the tests of the programs stand on: real databases, a clock to move, dice with a seed, a bad network.
//!
//! A failure to set any of it up is a panic that says what is missing: a test that cannot run must not pass.

pub mod clock;
pub mod dice;
pub mod databases;
pub mod postgres;
pub mod network;
pub mod connect_proxy;

pub use databases::{TestDb, databases};
