//! Passes over the holes of a sparse file: fifty gigabytes of nothing are no work.

use std::{
    fs::File,
    io::{self, Read, Seek},
    os::unix::fs::FileExt as _,
};

use rustix::{fs::SeekFrom, io::Errno};

/// Reads the data of a file, up to the length that it had; a hole is read as one line end.
pub(super) struct Holes {
    file: File,
    at: u64,
    length: u64,
    data_until: u64,
}

impl Holes {
    pub(super) fn new(mut file: File, length: u64) -> io::Result<Self> {
        file.rewind()?;
        Ok(Self { file, at: 0, length, data_until: 0 })
    }

    /// Finds the next data; returns whether a hole was passed over.
    fn next_data(&mut self) -> io::Result<bool> {
        let data = match rustix::fs::seek(&self.file, SeekFrom::Data(self.at)) {
            Ok(data) => data,
            // Nothing but a hole up to the end.
            Err(Errno::NXIO) => self.length,
            // This file system knows no holes.
            Err(_) => {
                self.data_until = self.length;
                return Ok(false);
            }
        };
        let hole = data > self.at;
        self.at = data.min(self.length);
        self.data_until = match rustix::fs::seek(&self.file, SeekFrom::Hole(self.at)) {
            Ok(end) => end.min(self.length),
            Err(_) => self.length,
        };
        Ok(hole)
    }
}

impl Read for Holes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        if self.at >= self.data_until && self.next_data()? {
            buffer[0] = b'\n';
            return Ok(1);
        }
        let left = usize::try_from(self.data_until - self.at).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = self.file.read_at(&mut buffer[..most], self.at)?;
        if read == 0 {
            // It became shorter while it was read.
            self.length = self.at;
        }
        self.at += read as u64;
        Ok(read)
    }
}
