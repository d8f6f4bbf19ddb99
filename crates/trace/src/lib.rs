//! Reads the logs of all hops, Tenon's and Configuration Manager's, joins them, and says where an action stopped.
//!
//! A file is found and opened ([`source`]), searched for the few lines that say something of an action ([`scan`]),
//! each record is freed of its framing ([`framing`]) and understood ([`fact`]), the facts are joined ([`join`]) and a
//! verdict is given for each action ([`verdict`]), with the lines that prove it ([`mod@report`]). Nothing is guessed: where
//! the lines that would prove a verdict are not there, it is *unknown*, and the report says which log would tell.

pub mod source;
pub mod scan;
pub mod framing;
pub mod fact;
pub mod signature;
pub mod read;
pub mod join;
pub mod verdict;
pub mod report;
pub mod path;
pub mod text;
pub mod html;
pub mod redact;
pub mod bundle;

pub use read::{Reading, read};
pub use report::{Report, report};
