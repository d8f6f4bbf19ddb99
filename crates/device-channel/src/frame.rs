//! Frames: a 4-byte big-endian length, then one message.

use crate::{CloseReason, LARGEST_FRAME};

const HEADER: usize = 4;

/// Takes the bytes of a stream as they come and gives back whole frames.
///
/// It holds memory only while part of a frame is waiting for the rest.
#[derive(Debug, Default)]
pub struct FrameReader {
    bytes: Vec<u8>,
    /// How many of them were given back.
    taken: usize,
}

impl FrameReader {
    /// Makes a reader at the start of a stream.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), taken: 0 }
    }

    /// Takes what the stream brought.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the next whole frame, without its length.
    ///
    /// # Errors
    ///
    /// [`CloseReason::FrameTooLong`] as soon as the length of a frame is known to be above the largest.
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, CloseReason> {
        let rest = &self.bytes[self.taken..];
        let Some((header, body)) = rest.split_first_chunk::<HEADER>() else {
            self.release();
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
        if length > LARGEST_FRAME {
            return Err(CloseReason::FrameTooLong { length });
        }
        if body.len() < length {
            return Ok(None);
        }
        let start = self.taken + HEADER;
        self.taken = start + length;
        Ok(Some(&self.bytes[start..start + length]))
    }

    /// Returns whether part of a frame is waiting for the rest.
    pub fn is_partial(&self) -> bool {
        self.taken < self.bytes.len()
    }

    /// Gives the memory back where nothing is waiting.
    fn release(&mut self) {
        if self.taken == self.bytes.len() {
            *self = Self::new();
        }
    }
}

/// Makes a frame of a message that was encoded. What is longer than the largest frame is the other end's to refuse.
pub fn frame(message: &str) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(HEADER + message.len());
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(message.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_is_its_length_and_its_message() {
        assert_eq!(frame("<a/>"), b"\0\0\0\x04<a/>");
    }

    #[test]
    fn a_frame_over_the_largest_is_refused_before_it_has_come() {
        let mut reader = FrameReader::new();
        reader.push(&[0, 1, 0]);
        assert_eq!(reader.next_frame(), Ok(None));
        reader.push(&[1]);
        assert_eq!(reader.next_frame(), Err(CloseReason::FrameTooLong { length: 65_537 }));

        let mut reader = FrameReader::new();
        reader.push(&[0, 1, 0, 0]);
        assert_eq!(reader.next_frame(), Ok(None), "64 KiB are allowed");
    }

    #[test]
    fn an_idle_reader_holds_no_memory() {
        let mut reader = FrameReader::new();
        reader.push(&frame(&"x".repeat(10_000)));
        assert!(reader.next_frame().expect("valid").is_some());
        assert_eq!(reader.next_frame(), Ok(None));
        assert!(!reader.is_partial());
        assert_eq!(reader.bytes.capacity(), 0);
    }

    proptest! {
        #[test]
        fn frames_come_back_whatever_the_pieces(
            messages in prop::collection::vec("[a-z<>/]{0,40}", 0..8),
            cuts in prop::collection::vec(1usize..13, 1..64),
        ) {
            let stream: Vec<u8> = messages.iter().flat_map(|message| frame(message)).collect();
            let mut reader = FrameReader::new();
            let mut back = Vec::new();
            let (mut at, mut cut) = (0, 0);
            while at < stream.len() {
                let end = stream.len().min(at + cuts[cut % cuts.len()]);
                reader.push(&stream[at..end]);
                while let Some(frame) = reader.next_frame().expect("short frames") {
                    back.push(String::from_utf8_lossy(frame).into_owned());
                }
                (at, cut) = (end, cut + 1);
            }
            prop_assert_eq!(back, messages);
            prop_assert!(!reader.is_partial());
        }
    }
}
