//! Frames on a stream: a 4-byte big-endian length, then that many bytes.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// How much is set aside before the bytes are there: a length from outside is a claim, not a size.
const FIRST_CAPACITY: usize = 64 << 10;

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The frame is longer than what this end takes.
    #[error("a frame of {length} bytes, where at most {max} are taken")]
    TooLong {
        /// Its length.
        length: usize,
        /// What is taken.
        max: usize,
    },
    /// The stream ended inside a frame.
    #[error("the stream ended in the middle of a frame")]
    Cut,
    /// The stream failed.
    #[error("failed to move a frame")]
    Stream(#[source] io::Error),
}

/// Reads the next frame of at most `max` bytes; `None` where the stream ends between two frames.
///
/// Not safe to cancel: bytes that were read are lost with the future.
pub async fn read_frame(
    stream: &mut (impl AsyncRead + Unpin),
    max: usize,
) -> Result<Option<Bytes>, FrameError> {
    let mut header = [0; 4];
    let mut filled = 0;
    while filled < header.len() {
        match stream.read(&mut header[filled..]).await.map_err(FrameError::Stream)? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(FrameError::Cut),
            count => filled += count,
        }
    }
    let length = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
    if length > max {
        return Err(FrameError::TooLong { length, max });
    }

    let mut body = BytesMut::with_capacity(length.min(FIRST_CAPACITY));
    let mut rest = stream.take(u64::from(u32::from_be_bytes(header)));
    while body.len() < length {
        if rest.read_buf(&mut body).await.map_err(FrameError::Stream)? == 0 {
            return Err(FrameError::Cut);
        }
    }

    Ok(Some(body.freeze()))
}

/// Writes one frame and flushes it.
pub async fn write_frame(stream: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> Result<(), FrameError> {
    let too_long =
        |_| FrameError::TooLong { length: frame.len(), max: usize::try_from(u32::MAX).unwrap_or(usize::MAX) };
    let length = u32::try_from(frame.len()).map_err(too_long)?;
    // One write: a header on its own would be a packet and a TLS record of its own.
    let mut whole = Vec::with_capacity(frame.len() + 4);
    whole.extend_from_slice(&length.to_be_bytes());
    whole.extend_from_slice(frame);
    stream.write_all(&whole).await.map_err(FrameError::Stream)?;
    stream.flush().await.map_err(FrameError::Stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frame_is_its_length_and_its_bytes() {
        let mut wire = Vec::new();
        write_frame(&mut wire, b"abc").await.expect("written");
        write_frame(&mut wire, b"").await.expect("written");
        assert_eq!(wire, b"\0\0\0\x03abc\0\0\0\0");

        let mut stream = wire.as_slice();
        assert_eq!(read(&mut stream).await, "abc");
        assert_eq!(read(&mut stream).await, "");
        assert_eq!(read(&mut stream).await, "end");
    }

    #[tokio::test]
    async fn what_is_no_frame_is_named() {
        for (wire, expected) in [
            (&b"\0\0\0"[..], "the stream ended in the middle of a frame"),
            (b"\0\0\0\x05abc", "the stream ended in the middle of a frame"),
            (b"\0\0\0\x09abcdefghi", "a frame of 9 bytes, where at most 8 are taken"),
            (b"\xff\xff\xff\xff", "a frame of 4294967295 bytes, where at most 8 are taken"),
        ] {
            assert_eq!(read(&mut &*wire).await, expected);
        }
    }

    #[tokio::test]
    async fn a_frame_may_arrive_in_any_pieces() {
        let mut wire = tokio_pieces(b"\0\0\0\x03abc\0\0\0\x01z");
        assert_eq!(read(&mut wire).await, "abc");
        assert_eq!(read(&mut wire).await, "z");
        assert_eq!(read(&mut wire).await, "end");
    }

    async fn read(stream: &mut (impl AsyncRead + Unpin)) -> String {
        match read_frame(stream, 8).await {
            Ok(Some(frame)) => String::from_utf8_lossy(&frame).into_owned(),
            Ok(None) => "end".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Hands out one byte at each read.
    fn tokio_pieces(bytes: &'static [u8]) -> impl AsyncRead + Unpin {
        struct Pieces(&'static [u8]);
        impl AsyncRead for Pieces {
            fn poll_read(
                mut self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
                buffer: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<io::Result<()>> {
                if let Some((first, rest)) = self.0.split_first() {
                    buffer.put_slice(&[*first]);
                    self.0 = rest;
                }
                std::task::Poll::Ready(Ok(()))
            }
        }
        Pieces(bytes)
    }
}
