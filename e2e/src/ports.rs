//! Free ports of this machine.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

/// Ports below the range from which Linux takes those of outgoing connections (32768 to 60999), so that no connection of
/// another test can take a port between its choice and its use.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Returns a port of 127.0.0.1 on which nothing listens now. Each process starts its search elsewhere.
///
/// # Panics
///
/// When none is free.
pub fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() * 37 % u32::from(COUNT)).expect("below COUNT");
    for _ in 0..COUNT {
        let port = FIRST + (start + TRIED.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port of 127.0.0.1 is free between {FIRST} and {}", FIRST + COUNT);
}
