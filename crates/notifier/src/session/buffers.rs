//! The two buffers that all connections of a thread share: one for what comes, one for what goes. A connection uses them
//! within one poll, and keeps for itself only what the network would not take, and records that have not come whole.

use std::cell::RefCell;

/// The longest TLS record: 16 KiB, what encryption adds to it, and its header.
pub(super) const LONGEST_RECORD: usize = (16 << 10) + 256 + 5;

/// How much is read at a time: a record that has not come whole, and as much again.
const INCOMING: usize = 2 * LONGEST_RECORD;

/// How much a buffer for what goes may keep between uses: a connection that had much to say does not leave the thread
/// with more.
const OUTGOING_KEPT: usize = 64 << 10;

thread_local! {
    static INCOMING_BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTGOING_BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends the thread's buffer for what comes; it is never empty.
pub(super) fn with_incoming<T>(use_it: impl FnOnce(&mut [u8]) -> T) -> T {
    INCOMING_BUFFER.with(|buffer| {
        let mut buffer = buffer.borrow_mut();
        buffer.resize(INCOMING, 0);
        use_it(&mut buffer)
    })
}

/// Lends the thread's buffer for what goes, empty.
pub(super) fn with_outgoing<T>(use_it: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    OUTGOING_BUFFER.with(|buffer| {
        let mut buffer = buffer.borrow_mut();
        buffer.clear();
        let given = use_it(&mut buffer);
        buffer.shrink_to(OUTGOING_KEPT);
        given
    })
}
