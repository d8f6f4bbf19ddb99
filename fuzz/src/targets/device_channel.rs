//! What agents and notification servers send each other.

use std::time::Duration;

use device_channel::{Inbox, LARGEST_FRAME, ToAgent, ToServer};

/// Messages of agents. What is read comes back when it is written again.
pub(super) fn to_server(bytes: &[u8]) {
    if let Ok(Some(message)) = ToServer::decode(bytes) {
        let again = ToServer::decode(message.encode().as_bytes());
        assert!(matches!(again, Ok(Some(_))), "{message:?} became {again:?}");
    }
}

/// Messages of notification servers.
pub(super) fn to_agent(bytes: &[u8]) {
    if let Ok(Some(message)) = ToAgent::decode(bytes) {
        let again = ToAgent::decode(message.encode().as_bytes());
        assert!(matches!(again, Ok(Some(_))), "{message:?} became {again:?}");
    }
}

/// A stream of frames, in pieces of 100 bytes: never kept beyond the largest frame.
pub(super) fn frames(bytes: &[u8]) {
    let mut inbox = Inbox::<ToServer>::new();
    for piece in bytes.chunks(100) {
        inbox.push(piece);
        while let Ok(Some(_)) = inbox.next_message(Duration::ZERO) {}
    }
    let mut frames = device_channel::FrameReader::new();
    frames.push(bytes);
    while let Ok(Some(frame)) = frames.next_frame() {
        assert!(frame.len() <= LARGEST_FRAME);
    }
}
