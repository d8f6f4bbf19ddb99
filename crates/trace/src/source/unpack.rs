//! Unpacks gzip and zip, within bounds: an archive that unpacks to far more than it holds is no log.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use flate2::read::{DeflateDecoder, MultiGzDecoder};

use super::Each;

/// What may come out of any archive.
const FREE: u64 = 64 << 20;
/// What may come out beyond that, for each packed byte: logs repeat themselves fifty times, bombs a thousand times.
const MOST_RATIO: u64 = 200;
/// The most entries of an archive.
const MOST_ENTRIES: u16 = 10_000;

/// Unpacks gzip.
pub(super) fn gzip(
    packed: impl Read,
    length: u64,
    then: impl FnOnce(&mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    then(&mut Bounded::new(MultiGzDecoder::new(packed), length))
}

/// Unpacks each log of a zip archive.
pub(super) fn zip(
    file: &mut File,
    length: u64,
    shown: &str,
    each: &mut Each<'_>,
    notes: &mut Vec<(String, String)>,
) -> io::Result<()> {
    // Overlapping entries would each have the bound of the whole: they share one.
    let mut budget = FREE + length.saturating_mul(MOST_RATIO);
    for entry in directory(file, length)? {
        let name = format!("{shown}!{}", entry.name.replace('\\', "/"));
        if super::name(&name).is_none() {
            continue;
        }
        if entry.flags & 1 != 0 {
            notes.push((name, "is encrypted: unpack it first".into()));
            continue;
        }
        let result = entry.data(file).and_then(|packed| {
            let mut plain: Box<dyn Read + '_> = match entry.method {
                0 => Box::new(packed),
                8 => Box::new(DeflateDecoder::new(packed)),
                _ => return Err(io::Error::other("is packed in a way that is not read")),
            };
            let mut bounded = Bounded { inner: &mut plain, left: budget };
            let result = super::text(&mut bounded, &name, each);
            budget = bounded.left;
            result
        });
        if let Err(error) = result {
            notes.push((name, format!("was not read to its end: {error}")));
        }
    }
    Ok(())
}

struct Entry {
    name: String,
    flags: u16,
    method: u16,
    packed: u64,
    header_at: u64,
}

impl Entry {
    /// Returns the packed bytes, which lie behind the entry's own header.
    fn data<'a>(&self, file: &'a mut File) -> io::Result<io::Take<&'a mut File>> {
        const HEADER: usize = 30;
        let mut header = [0; HEADER];
        file.seek(SeekFrom::Start(self.header_at))?;
        file.read_exact(&mut header)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(io::Error::other("has no header where the archive says"));
        }
        let skip = u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
        file.seek(SeekFrom::Start(self.header_at + HEADER as u64 + skip))?;
        Ok(file.take(self.packed))
    }
}

fn directory(file: &mut File, length: u64) -> io::Result<Vec<Entry>> {
    /// The end record and the longest comment behind it.
    const LONGEST_END: u64 = 22 + 65_535;
    /// More than this is not a directory of ten thousand names.
    const LARGEST_DIRECTORY: u64 = 8 << 20;
    let from = length.saturating_sub(LONGEST_END);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    Read::by_ref(file).take(LONGEST_END).read_to_end(&mut end)?;
    let broken = || io::Error::other("is no whole zip archive");
    let at = memchr::memmem::rfind(&end, b"PK\x05\x06").ok_or_else(broken)?;
    let record = end.get(at..at + 22).ok_or_else(broken)?;
    let (count, size, start) =
        (u16_at(record, 10), u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
    if count > MOST_ENTRIES || size > LARGEST_DIRECTORY || start + size > length {
        return Err(io::Error::other("holds more entries than are read: unpack it first"));
    }
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    Read::by_ref(file).take(size).read_to_end(&mut bytes)?;
    let mut rest = bytes.as_slice();
    let mut entries = Vec::new();
    for _ in 0..count {
        let header = rest.get(..46).filter(|header| header.starts_with(b"PK\x01\x02")).ok_or_else(broken)?;
        let name_end = 46 + usize::from(u16_at(header, 28));
        let whole = name_end + usize::from(u16_at(header, 30)) + usize::from(u16_at(header, 32));
        let name = rest.get(46..name_end).ok_or_else(broken)?;
        entries.push(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            flags: u16_at(header, 8),
            method: u16_at(header, 10),
            packed: u64::from(u32_at(header, 20)),
            header_at: u64::from(u32_at(header, 42)),
        });
        rest = rest.get(whole..).ok_or_else(broken)?;
    }
    entries.sort_by_cached_key(|entry| (super::name(&entry.name), entry.name.clone()));
    Ok(entries)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Ends with an error once more came out than an honest archive holds.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R> Bounded<R> {
    fn new(inner: R, packed: u64) -> Self {
        Self { inner, left: FREE + packed.saturating_mul(MOST_RATIO) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other("it unpacks to far more than a log does (a zip bomb)")),
        }
        Ok(read)
    }
}
