//! A management point on this machine, with a small site authority behind it and agents in front of it.

mod support;
mod device;
mod refused;
mod away;
