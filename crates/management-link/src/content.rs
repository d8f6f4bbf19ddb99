//! Content in ranges: the header of a request and that of its answer (RFC 9110, 14).

use std::fmt;

/// The most bytes that one range may have: what a device holds in memory while it fetches.
pub const LARGEST_RANGE: usize = 256 << 10;

/// A range of a file: from a byte, a number of bytes that is not zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ByteRange {
    /// The first byte, from 0.
    pub from: u64,
    /// How many bytes at most; at the file's end there are fewer.
    pub length: u32,
}

impl ByteRange {
    /// Reads a `Range` header: one range with both ends.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        let (from, last) = (number(first)?, number(last)?);
        let length = last.checked_sub(from)?.checked_add(1)?;
        let length = u32::try_from(length).ok()?;
        (usize::try_from(length).ok()? <= LARGEST_RANGE).then_some(Self { from, length })
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.from.saturating_add(u64::from(self.length.max(1)) - 1);
        write!(f, "bytes={}-{last}", self.from)
    }
}

/// A part of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// Where it begins.
    pub from: u64,
    /// The size of the whole file.
    pub size: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Part {
    /// Writes the `Content-Range` header.
    pub(crate) fn header(&self) -> String {
        let last = self.from.saturating_add(self.bytes.len() as u64).saturating_sub(1);
        format!("bytes {}-{last}/{}", self.from, self.size)
    }

    /// Reads the header; the bytes must be as many as it says.
    pub(crate) fn read(header: &str, bytes: &[u8]) -> Option<Self> {
        let (range, size) = header.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (from, last, size) = (number(first)?, number(last)?, number(size)?);
        let length = last.checked_sub(from)?.checked_add(1)?;
        (length == bytes.len() as u64 && last < size).then(|| Self { from, size, bytes: bytes.to_vec() })
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
