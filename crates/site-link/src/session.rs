//! A link after its handshake: messages out and in, heartbeats, and the end of patience.

use std::{
    marker::PhantomData,
    time::{Duration, Instant},
};

use action::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use crate::{BATCH, Channel, CloseReason, HEARTBEAT, SILENCE, ToConsole, ToSite, TooLarge};

/// The site's end of a link.
pub type SiteSession = Session<ToSite, ToConsole>;

/// The console's end of a link.
pub type ConsoleSession = Session<ToConsole, ToSite>;

/// What one end says to the other.
pub trait Message: Serialize + DeserializeOwned {
    /// Returns the message that only says that this end is there.
    fn heartbeat(at: Timestamp) -> Self;

    /// Returns how many entries the message holds.
    fn entries(&self) -> usize;

    /// Returns whether the message is worth compressing.
    fn is_batch(&self) -> bool;
}

/// One end of a link after its handshake.
#[derive(Debug)]
pub struct Session<In, Out> {
    channel: Channel,
    last_sent: Instant,
    last_heard: Instant,
    messages: PhantomData<fn(In) -> Out>,
}

/// What is due when time has passed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// This frame: nothing was sent for a while.
    Heartbeat(Vec<u8>),
    /// The end: nothing was heard for too long.
    Close(CloseReason),
}

impl<In: Message, Out: Message> Session<In, Out> {
    /// Begins after the handshake that ended at `now`.
    pub fn new(channel: Channel, now: Instant) -> Self {
        Self { channel, last_sent: now, last_heard: now, messages: PhantomData }
    }

    /// Makes the frame of a message.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] where the message must be cut into smaller ones; the link can go on.
    pub fn send(&mut self, message: &Out, now: Instant) -> Result<Vec<u8>, TooLarge> {
        let payload = encode(message);
        let frame = self.channel.seal(&payload, message.is_batch())?;
        self.last_sent = now;
        Ok(frame)
    }

    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// Why the link must be closed.
    pub fn on_frame(&mut self, frame: &[u8], now: Instant) -> Result<In, CloseReason> {
        let payload = self.channel.open(frame)?;
        let message = decode(&payload)?;
        self.last_heard = now;
        Ok(message)
    }

    /// Returns when [`Session::on_timeout`] next has something to do.
    pub fn poll_timeout(&self) -> Instant {
        (self.last_sent + HEARTBEAT).min(self.silent_at())
    }

    /// Returns when the other end has been silent for too long, unless it is heard before. An end with something to
    /// say needs no heartbeat, and waits for this alone.
    pub fn silent_at(&self) -> Instant {
        self.last_heard + SILENCE
    }

    /// Returns what is due; `at` is the wall clock for the heartbeat.
    pub fn on_timeout(&mut self, now: Instant, at: Timestamp) -> Due {
        if elapsed(self.last_heard, now) >= SILENCE {
            return Due::Close(CloseReason::Silent);
        }
        if elapsed(self.last_sent, now) < HEARTBEAT {
            return Due::Nothing;
        }
        match self.send(&Out::heartbeat(at), now) {
            Ok(frame) => Due::Heartbeat(frame),
            Err(TooLarge { .. }) => Due::Nothing,
        }
    }
}

/// Reads a message.
///
/// # Errors
///
/// Why the link must be closed.
pub fn decode<M: Message>(payload: &[u8]) -> Result<M, CloseReason> {
    let message: M = serde_json::from_slice(payload).map_err(|_| CloseReason::MessageMalformed)?;
    if message.entries() > BATCH { Err(CloseReason::BatchTooLarge) } else { Ok(message) }
}

fn encode(message: &impl Message) -> Vec<u8> {
    serde_json::to_vec(message).expect("messages have text keys only")
}

fn elapsed(since: Instant, now: Instant) -> Duration {
    now.saturating_duration_since(since)
}

#[cfg(test)]
mod tests;
