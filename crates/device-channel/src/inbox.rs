//! The bytes of a connection becoming messages, and the clock of a frame that has begun. The same at both ends.

use std::{marker::PhantomData, time::Duration};

use crate::{CloseReason, FRAME_WITHIN, FrameReader, Malformed, ToAgent, ToServer};

/// What an end receives: [`ToServer`] at the server, [`ToAgent`] at the agent.
pub trait Incoming: Sized {
    /// Reads a message; `None` for one that this version does not know.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    fn decode(bytes: &[u8]) -> Result<Option<Self>, Malformed>;
}

/// Takes the bytes of a connection as they come and gives back messages. Holds memory only while part of a frame is
/// waiting for the rest.
#[derive(Debug)]
pub struct Inbox<M> {
    frames: FrameReader,
    /// When the rest of a frame that has begun must have come.
    rest_by: Option<Duration>,
    messages: PhantomData<fn() -> M>,
}

/// A message that came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Received<M> {
    /// One of those that this version knows.
    Known(M),
    /// One that it does not know, from a newer version.
    Unknown,
}

impl<M: Incoming> Inbox<M> {
    /// Makes the inbox of a new connection.
    pub const fn new() -> Self {
        Self { frames: FrameReader::new(), rest_by: None, messages: PhantomData }
    }

    /// Takes what the connection brought.
    pub fn push(&mut self, bytes: &[u8]) {
        self.frames.push(bytes);
    }

    /// Returns the next message; `None` where the rest of it has not come.
    ///
    /// # Errors
    ///
    /// The reason to close the connection.
    pub fn next_message(&mut self, now: Duration) -> Result<Option<Received<M>>, CloseReason> {
        let Some(frame) = self.frames.next_frame()? else {
            // Bytes that trickle in do not move it: the frame as a whole has its time.
            self.rest_by = self.frames.is_partial().then(|| self.rest_by.unwrap_or(now + FRAME_WITHIN));
            return Ok(None);
        };
        self.rest_by = None;
        let message = M::decode(frame).map_err(CloseReason::NotValid)?;
        Ok(Some(message.map_or(Received::Unknown, Received::Known)))
    }

    /// Returns when [`Inbox::on_time`] next has something to say.
    pub fn deadline(&self) -> Option<Duration> {
        self.rest_by
    }

    /// Looks at the clock.
    ///
    /// # Errors
    ///
    /// [`CloseReason::HalfFrame`] where a frame has begun and its rest did not come.
    pub fn on_time(&self, now: Duration) -> Result<(), CloseReason> {
        match self.rest_by {
            Some(by) if by <= now => Err(CloseReason::HalfFrame),
            _ => Ok(()),
        }
    }
}

impl<M: Incoming> Default for Inbox<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl Incoming for ToServer {
    fn decode(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        ToServer::decode(bytes)
    }
}

impl Incoming for ToAgent {
    fn decode(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        ToAgent::decode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1_000);

    #[test]
    fn half_a_frame_and_then_silence_has_a_name() {
        let mut inbox = Inbox::<ToServer>::new();
        let frame = ToServer::KeepAlive.frame();
        inbox.push(&frame[..7]);
        assert_eq!(inbox.next_message(START), Ok(None));
        assert_eq!(inbox.deadline(), Some(START + FRAME_WITHIN));
        assert_eq!(inbox.on_time(START + FRAME_WITHIN / 2), Ok(()));
        assert_eq!(inbox.on_time(START + FRAME_WITHIN), Err(CloseReason::HalfFrame));
    }

    #[test]
    fn trickling_bytes_gain_no_time() {
        let mut inbox = Inbox::<ToServer>::new();
        for (second, byte) in ToServer::KeepAlive.frame()[..20].iter().enumerate() {
            let now = START + Duration::from_secs(second as u64);
            inbox.push(&[*byte]);
            assert_eq!(inbox.next_message(now), Ok(None));
        }
        assert_eq!(inbox.deadline(), Some(START + FRAME_WITHIN));
    }

    #[test]
    fn a_frame_that_came_whole_stops_the_clock() {
        let mut inbox = Inbox::<ToServer>::new();
        let frame = ToServer::KeepAlive.frame();
        inbox.push(&frame[..7]);
        assert_eq!(inbox.next_message(START), Ok(None));
        inbox.push(&frame[7..]);
        assert_eq!(inbox.next_message(START), Ok(Some(Received::Known(ToServer::KeepAlive))));
        assert_eq!(inbox.next_message(START), Ok(None));
        assert_eq!(inbox.deadline(), None);
    }

    #[test]
    fn a_message_of_a_newer_version_is_named_unknown() {
        let mut inbox = Inbox::<ToAgent>::new();
        inbox.push(&crate::frame("<BgbPraiseMessage><For>all</For></BgbPraiseMessage>"));
        assert_eq!(inbox.next_message(START), Ok(Some(Received::Unknown)));
    }
}
