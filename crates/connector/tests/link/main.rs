//! The connector as a whole: over real WebSockets to a console that the test plays, and a Unix socket to an authority
//! that the test plays.

mod support;

mod attaching;
mod proxied;
mod requests;
mod reports;
mod uploads;
mod answers;
mod witness;
mod network;
