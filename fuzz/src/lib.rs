//! Throws bytes at every decoder: the committed corpus in the tests, mutations of it for as long as one likes
//! (`cargo xtask fuzz --minutes 10`).
//!
//! A target is a plain `fn(&[u8])` that must not panic, hang or exhaust memory, whatever it is given. It runs on the
//! stable toolchain: no coverage guides the mutations, the corpus does.

mod targets;
mod corpus;
mod dice;
mod mutate;
mod campaign;

pub use campaign::{Campaign, Crash, Outcome};
pub use corpus::{corpus_folder, inputs};
pub use targets::{TARGETS, Target};
