//! Searches a file for the few records that say something of an action, with memory that does not grow with the file.

use std::{
    io::{self, Read},
    sync::LazyLock,
};

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::{memchr, memchr_iter, memmem, memrchr};

use crate::framing::{self, CLIENT_HEAD, CLIENT_TAIL, Framing, Record, SERVER_TAIL};

/// What every record that matters has one of. Few and rare words: a line without them costs no more than its reading.
pub const NEEDLES: &[&str] = &[
    "push task",
    "push message",
    "client action",
    "BGB ",
    "new notification",
    "Receive task from",
    "Send Task ",
    "simulation message",
    "script state message",
    "Device action is ",
    "Stored device action",
    "TaskGUID: ",
    "the notification",
    "process notification",
    "he notification server listens",
    "Notification Server",
    "The task ",
    "ask again: ",
    "Auditing: ",
    "AccountOnboardingInfo",
    "gateway/Notification",
    "gateway/DevicePost",
    "AdminService",
    "Web exception",
    "web exception",
    "WebException]",
    "execute worker",
    "exception for worker",
    "signing certificate",
    "ExecuteReader requires",
    "SecurityException",
    "Execution Timeout Expired",
    "Windows Firewall",
    "handler.ashx",
    "ailed to bcp",
    "bad inbox",
    "bgb.box\\bad",
    "Failed to connect (",
    "No link to the console",
];

/// Bytes read at once.
const CHUNK: usize = 1 << 20;
/// A line longer than this is looked at only as far: the longest of the field is a script's parameter of some KiB.
const LONGEST_LINE: usize = 256 * 1024;
/// How far a record may go on over line ends: an exception with its frames.
const LONGEST_RECORD: usize = 64 * 1024;

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build(NEEDLES)
        .expect("a few short words make a small automaton")
});

/// What a file showed beside the records.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scanned {
    /// The framing of the file.
    pub framing: Framing,
    /// Bytes read, after unpacking.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// The time of the first record.
    pub first: Option<i64>,
    /// The time of the last record.
    pub last: Option<i64>,
    /// The first line that was longer than is looked at.
    pub long_line: Option<u64>,
    /// The line of a record that has no end.
    pub truncated: Option<u64>,
    /// Whether it is not text.
    pub binary: bool,
}

/// Reads `input` to its end and gives each record that may matter, with its line, to `found`; `found` returns whether
/// to go on.
///
/// # Errors
///
/// When the input cannot be read; what was found before stands.
pub fn scan(input: &mut dyn Read, found: &mut dyn FnMut(u64, Record) -> bool) -> io::Result<Scanned> {
    let mut scan = Scan::new();
    // A chunk, and what of the one before is not done with: a line, behind a record that goes on into it.
    let mut buffer = vec![0_u8; CHUNK + LONGEST_LINE + LONGEST_RECORD];
    let mut held = 0;
    loop {
        let read = fill(input, &mut buffer[held..held + CHUNK])?;
        let end = held + read;
        let last = read == 0;
        scan.done.bytes += read as u64;
        if scan.done.bytes == read as u64 && read > 0 && !scan.begin(&buffer[..end]) {
            return Ok(scan.done);
        }
        let used = scan.chunk(&buffer[..end], last, found);
        if last || scan.stopped {
            return Ok(scan.done);
        }
        buffer.copy_within(used..end, 0);
        held = end - used;
    }
}

fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

struct Scan {
    done: Scanned,
    /// Set in the midst of a line that is too long: the rest of it is passed over.
    skipping: bool,
    stopped: bool,
}

impl Scan {
    fn new() -> Self {
        Self {
            done: Scanned {
                framing: Framing::Plain,
                bytes: 0,
                lines: 0,
                first: None,
                last: None,
                long_line: None,
                truncated: None,
                binary: false,
            },
            skipping: false,
            stopped: false,
        }
    }

    /// Looks at the beginning of a file; returns whether it is text.
    fn begin(&mut self, head: &[u8]) -> bool {
        let head = &head[..head.len().min(64 * 1024)];
        let zeros = memchr_iter(0, &head[..head.len().min(8 * 1024)]).count();
        // A log on a disk that lost power may hold some zeros; what holds many is not a log.
        self.done.binary = zeros * 8 > head.len().min(8 * 1024);
        self.done.framing = framing::sniff(head);
        self.done.first = match self.done.framing {
            Framing::Plain => None,
            Framing::Client => tail_time(head, CLIENT_TAIL),
            Framing::Server => tail_time(head, SERVER_TAIL),
            Framing::Json => line_of(head, 0).and_then(|line| framing::record(line).at),
        };
        !self.done.binary
    }

    /// Searches whole lines; returns how many bytes are done with.
    fn chunk(&mut self, bytes: &[u8], last: bool, found: &mut dyn FnMut(u64, Record) -> bool) -> usize {
        let mut from = 0;
        if self.skipping {
            match memchr(b'\n', bytes) {
                Some(end) => {
                    self.skipping = false;
                    self.done.lines += 1;
                    from = end + 1;
                }
                None => return bytes.len(),
            }
        }
        let whole = match memrchr(b'\n', &bytes[from..]) {
            _ if last => bytes.len(),
            Some(end) => from + end + 1,
            None => from,
        };
        // A line too long for the buffer follows: nothing can be left for the next time.
        let overlong = bytes.len() - whole > LONGEST_LINE;
        let searched = self.search(&bytes[from..whole], last || overlong, found);
        self.done.lines += memchr_iter(b'\n', &bytes[from..from + searched]).count() as u64;
        if last && bytes[from..].last().is_some_and(|byte| *byte != b'\n') {
            self.done.lines += 1;
        }
        self.last_time(&bytes[from..from + searched]);
        if overlong && !self.stopped {
            self.search(&bytes[whole..whole + LONGEST_LINE], true, found);
            self.done.long_line.get_or_insert(self.done.lines + 1);
            self.skipping = true;
            return bytes.len();
        }
        from + searched
    }

    /// Searches `bytes`, which begin at a line; returns how many are done with: a record that goes on behind them is
    /// left for the next time.
    fn search(&mut self, bytes: &[u8], last: bool, found: &mut dyn FnMut(u64, Record) -> bool) -> usize {
        let (mut from, mut counted, mut line) = (0, 0, self.done.lines + 1);
        while let Some(hit) = FINDER.find(&bytes[from..]) {
            let hit = from + hit.start();
            let start = memrchr(b'\n', &bytes[from..hit]).map_or(from, |end| from + end + 1);
            let end = memchr(b'\n', &bytes[hit..]).map_or(bytes.len(), |end| hit + end + 1);
            line += memchr_iter(b'\n', &bytes[counted..start]).count() as u64;
            counted = start;
            let end = match self.goes_on(bytes, start, end) {
                Goes::No => end,
                Goes::To(end) => end,
                Goes::Beyond if last || bytes.len() - start > LONGEST_RECORD => {
                    self.done.truncated.get_or_insert(line);
                    end
                }
                Goes::Beyond => return start,
            };
            let record = &bytes[start..end.min(start + LONGEST_LINE)];
            if end - start > LONGEST_LINE {
                self.done.long_line.get_or_insert(line);
            }
            if !found(line, framing::record(record)) {
                self.stopped = true;
                return bytes.len();
            }
            from = end;
        }
        bytes.len()
    }

    /// Finds out whether the record at `start` goes on behind the line that ends at `end`.
    fn goes_on(&self, bytes: &[u8], start: usize, end: usize) -> Goes {
        let line = &bytes[start..end];
        let (tail, open) = match self.done.framing {
            Framing::Client => {
                let head = memmem::find(line, CLIENT_HEAD);
                (CLIENT_TAIL, head.is_some_and(|head| memmem::find(&line[head..], CLIENT_TAIL).is_none()))
            }
            Framing::Server => (SERVER_TAIL, memmem::find(line, SERVER_TAIL).is_none()),
            Framing::Json | Framing::Plain => return Goes::No,
        };
        if !open {
            return Goes::No;
        }
        let ahead = &bytes[end..bytes.len().min(start + LONGEST_RECORD).max(end)];
        match memmem::find(ahead, tail) {
            // The next record began before this one ended: this one was cut off.
            Some(at) if memmem::find(&ahead[..at], CLIENT_HEAD).is_some() => Goes::No,
            Some(at) => {
                let at = end + at;
                Goes::To(memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1))
            }
            None => Goes::Beyond,
        }
    }

    fn last_time(&mut self, bytes: &[u8]) {
        let start = match self.done.framing {
            Framing::Plain => return,
            Framing::Client => memmem::rfind(bytes, CLIENT_TAIL),
            Framing::Server => memmem::rfind(bytes, SERVER_TAIL),
            Framing::Json => memmem::rfind(bytes, b"{\"time\":"),
        };
        if let Some(at) = start.and_then(|at| line_of(bytes, at)).and_then(|line| framing::record(line).at) {
            self.done.last = self.done.last.max(Some(at));
        }
    }
}

enum Goes {
    No,
    To(usize),
    Beyond,
}

fn tail_time(bytes: &[u8], tail: &[u8]) -> Option<i64> {
    memmem::find(bytes, tail).and_then(|at| line_of(bytes, at)).and_then(|line| framing::record(line).at)
}

fn line_of(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let start = memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
    bytes.get(start..end.min(start + LONGEST_RECORD))
}

#[cfg(test)]
mod tests;
