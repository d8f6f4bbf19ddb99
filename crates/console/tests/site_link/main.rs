//! The console's end of attaching and of the link: a whole console in process, and a site that the test plays over real
//! HTTP and WebSockets.

mod support;

mod attaching;
mod requests;
mod links;
mod uploads;
mod answers;
mod witness;
