//! The frames after the handshake: a counter, flags, a payload and a MAC.

use std::{fmt, io::Read as _};

use aws_lc_rs::hmac;

use crate::{CloseReason, LARGEST_FRAME};

/// Set where the payload is compressed with zstd.
const COMPRESSED: u8 = 1;
/// Bytes of the counter and the flags before the payload.
const HEAD: usize = 9;
/// Bytes of the MAC (HMAC-SHA256) after it.
const MAC: usize = 32;
/// Below this many bytes compression saves less than the packet's own overhead.
const COMPRESS_FROM: usize = 1 << 10;
/// zstd's own default: devices and events shrink to a tenth, at some 300 MB/s.
const COMPRESSION_LEVEL: i32 = 3;
/// The largest window that is accepted, as a power of two: that of the largest frame.
const LARGEST_WINDOW: u32 = LARGEST_FRAME.ilog2();

/// Both directions of a link, after the handshake.
pub struct Channel {
    send: hmac::Key,
    receive: hmac::Key,
    sent: u64,
    received: u64,
    /// A link that was closed takes nothing more, even from an owner that goes on.
    closed: Option<CloseReason>,
}

/// A message that does not fit a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a message of {bytes} bytes is larger than the link allows ({LARGEST_FRAME} bytes)")]
pub struct TooLarge {
    /// The message's size.
    pub bytes: usize,
}

impl Channel {
    pub(crate) fn new(send: &[u8; 32], receive: &[u8; 32]) -> Self {
        let key = |bytes: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self { send: key(send), receive: key(receive), sent: 0, received: 0, closed: None }
    }

    /// Makes the next frame. `compress` is for batches; what is small stays as it is.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] where the other end would refuse the frame; the link can go on.
    pub fn seal(&mut self, payload: &[u8], compress: bool) -> Result<Vec<u8>, TooLarge> {
        if payload.len() > LARGEST_FRAME - HEAD - MAC {
            return Err(TooLarge { bytes: payload.len() });
        }
        let squeezed = if compress && payload.len() >= COMPRESS_FROM {
            zstd::bulk::compress(payload, COMPRESSION_LEVEL)
                .ok()
                .filter(|squeezed| squeezed.len() < payload.len())
        } else {
            None
        };
        let (flags, body) = match &squeezed {
            Some(squeezed) => (COMPRESSED, squeezed.as_slice()),
            None => (0, payload),
        };

        let mut frame = Vec::with_capacity(HEAD + body.len() + MAC);
        frame.extend_from_slice(&self.sent.to_be_bytes());
        frame.push(flags);
        frame.extend_from_slice(body);
        let mac = hmac::sign(&self.send, &frame);
        frame.extend_from_slice(mac.as_ref());
        self.sent += 1;
        Ok(frame)
    }

    /// Reads the next frame. After an error the channel accepts nothing more.
    ///
    /// # Errors
    ///
    /// Why the link must be closed.
    pub fn open(&mut self, frame: &[u8]) -> Result<Vec<u8>, CloseReason> {
        if let Some(reason) = self.closed {
            return Err(reason);
        }
        self.checked(frame).inspect_err(|reason| self.closed = Some(*reason))
    }

    fn checked(&mut self, frame: &[u8]) -> Result<Vec<u8>, CloseReason> {
        if frame.len() > LARGEST_FRAME {
            return Err(CloseReason::FrameTooLarge);
        }
        let (signed, mac) = frame.split_last_chunk::<MAC>().ok_or(CloseReason::FrameTooShort)?;
        let (counter, rest) = signed.split_first_chunk::<8>().ok_or(CloseReason::FrameTooShort)?;
        let (flags, body) = rest.split_first().ok_or(CloseReason::FrameTooShort)?;
        hmac::verify(&self.receive, signed, mac).map_err(|_| CloseReason::MacInvalid)?;

        // Only the other end can have made the frame; what remains is where it came in the row.
        match u64::from_be_bytes(*counter).cmp(&self.received) {
            std::cmp::Ordering::Less => return Err(CloseReason::CounterRepeated),
            std::cmp::Ordering::Greater => return Err(CloseReason::CounterSkipped),
            std::cmp::Ordering::Equal => {}
        }
        let payload = match *flags {
            0 => body.to_vec(),
            COMPRESSED => decompress(body)?,
            _ => return Err(CloseReason::FlagsUnknown),
        };
        self.received += 1;
        Ok(payload)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("sent", &self.sent)
            .field("received", &self.received)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

/// Decompresses a payload, which may grow to [`LARGEST_FRAME`] and no further, whatever its header claims.
///
/// # Errors
///
/// [`CloseReason::CompressionInvalid`].
pub fn decompress(body: &[u8]) -> Result<Vec<u8>, CloseReason> {
    let invalid = |_| CloseReason::CompressionInvalid;
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(invalid)?.single_frame();
    decoder.window_log_max(LARGEST_WINDOW).map_err(invalid)?;
    let mut payload = Vec::new();
    let most = u64::try_from(LARGEST_FRAME).unwrap_or(u64::MAX);
    decoder.take(most + 1).read_to_end(&mut payload).map_err(invalid)?;
    if payload.len() > LARGEST_FRAME { Err(CloseReason::CompressionInvalid) } else { Ok(payload) }
}

#[cfg(test)]
mod tests;
