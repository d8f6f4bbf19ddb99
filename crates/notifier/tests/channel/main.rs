//! The notification server over real TLS connections: a store, an authority of a few lines that signs for real, and
//! devices on the agent's end of the wire.

mod site;
mod authority;
mod device;

mod pushes;
mod resumption;
mod memory;
mod returns;
mod misbehaviour;
mod ends;
