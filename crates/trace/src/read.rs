//! Reads all logs that were given, and keeps what they say of actions.

use std::{collections::BTreeMap, path::PathBuf};

use action::{Hop, TaskGuid};

use crate::{
    fact::{Fact, fact},
    framing::Framing,
    scan, source,
};

/// Facts kept of one reading; each is some 150 bytes. What is beyond is counted.
const MOST_FACTS: usize = 2_000_000;
/// Places kept of a known failure: the first ones; what follows is counted.
const MOST_PLACES: usize = 5;

/// A file that was read.
#[derive(Clone, Debug)]
pub struct LogFile {
    /// Its path, and the name in its archive.
    pub name: String,
    /// The machine that wrote it: an index of [`Reading::machines`].
    pub machine: usize,
    /// The component, in lower case; empty where the name tells none.
    pub component: &'static str,
    /// The hop that wrote it, where the name or a line tells.
    pub hop: Option<Hop>,
    /// How its records are framed.
    pub framing: Framing,
    /// Bytes read.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// The time of its first record, by its machine's clock.
    pub first: Option<i64>,
    /// The time of its last record.
    pub last: Option<i64>,
}

/// A place in a log.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// An index of [`Reading::files`].
    pub file: usize,
    /// The line, from 1.
    pub line: u64,
}

/// A fact, and where it stands.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where.
    pub place: Place,
    /// When, by its machine's clock, in milliseconds since 1970.
    pub at: Option<i64>,
    /// The thread that wrote it.
    pub thread: Option<u32>,
    /// The action that the framing names.
    pub about: Option<TaskGuid>,
    /// What it says.
    pub fact: Fact,
}

/// How often a known failure was seen, and where first.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The first places.
    pub places: Vec<Place>,
    /// All of them.
    pub count: u64,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The files, parts of a rotated log behind each other, oldest first.
    pub files: Vec<LogFile>,
    /// The machines that wrote them.
    pub machines: Vec<String>,
    /// What they say, file by file.
    pub facts: Vec<Seen>,
    /// Known failures, by the index in [`crate::signature::KNOWN`].
    pub symptoms: BTreeMap<usize, Shown>,
    /// What could not be read, as (file, why).
    pub notes: Vec<(String, String)>,
}

/// Reads files and folders.
pub fn read(paths: &[PathBuf]) -> Reading {
    let found = source::find(paths);
    let mut reading = Reading { notes: found.notes, ..Reading::default() };
    let mut machines = BTreeMap::new();
    for path in &found.files {
        let notes = source::open(path, &mut |name, input| reading.log(&mut machines, name, input));
        reading.notes.extend(notes);
    }
    reading
}

impl Reading {
    /// Reads one log.
    ///
    /// # Errors
    ///
    /// When `input` cannot be read to its end; what was read before is kept.
    pub fn log(
        &mut self,
        machines: &mut BTreeMap<String, usize>,
        name: &str,
        input: &mut dyn std::io::Read,
    ) -> std::io::Result<()> {
        let known = source::name(name);
        let label = match &known {
            Some(known) => known.machine.clone(),
            // A file of any name: each may be another machine's.
            None => name.to_owned(),
        };
        let machine = *machines.entry(label.clone()).or_insert_with(|| {
            self.machines.push(label);
            self.machines.len() - 1
        });
        let index = self.files.len();
        let mut file = LogFile {
            name: name.to_owned(),
            machine,
            component: known.as_ref().map_or("", |known| known.component),
            hop: known.map(|known| known.hop),
            framing: Framing::Plain,
            bytes: 0,
            lines: 0,
            first: None,
            last: None,
        };
        let (facts, symptoms) = (&mut self.facts, &mut self.symptoms);
        let mut full = false;
        let result = scan::scan(input, &mut |line, record| {
            let place = Place { file: index, line };
            match fact(&record.text, record.about) {
                None => {}
                Some(Fact::Symptom(signature)) => {
                    let known =
                        crate::signature::KNOWN.iter().position(|known| std::ptr::eq(known, signature));
                    let shown = symptoms.entry(known.unwrap_or_default()).or_default();
                    shown.count += 1;
                    if shown.places.len() < MOST_PLACES {
                        shown.places.push(place);
                    }
                }
                Some(fact) => {
                    file.hop = file.hop.or_else(|| hop_of(&fact));
                    let (at, thread, about) = (record.at, record.thread, record.about);
                    facts.push(Seen { place, at, thread, about, fact });
                }
            }
            full = facts.len() >= MOST_FACTS;
            !full
        });
        let mut note = |why: String| self.notes.push((name.to_owned(), why));
        if full {
            note(format!("was not read to its end: more than {MOST_FACTS} lines about actions were found"));
        }
        if let Ok(done) = &result {
            file.framing = done.framing;
            (file.bytes, file.lines, file.first, file.last) = (done.bytes, done.lines, done.first, done.last);
            if done.binary {
                note("is not text, and was not read".into());
            }
            if let Some(line) = done.long_line {
                note(format!(
                    "line {line} is longer than a log's lines are: only its beginning was looked at"
                ));
            }
            if let Some(line) = done.truncated {
                note(format!(
                    "the record in line {line} has no end: the file is cut off, or is being written"
                ));
            }
        }
        self.files.push(file);
        result.map(drop)
    }
}

fn hop_of(fact: &Fact) -> Option<Hop> {
    Some(match fact {
        Fact::Stored { .. } | Fact::ConsoleState { .. } => Hop::AdminCenter,
        Fact::Notified
        | Fact::Authorized { .. }
        | Fact::Unauthorized { .. }
        | Fact::Forwarded { .. }
        | Fact::Because { .. }
        | Fact::NotValid { .. }
        | Fact::Dropped { .. }
        | Fact::Cancelled { .. } => Hop::ServiceConnector,
        Fact::Starting { .. } | Fact::Finished { .. } | Fact::Reported { .. } | Fact::NotReleased { .. } => {
            Hop::NotificationServer
        }
        Fact::Received { .. } | Fact::Answered { .. } | Fact::NotRun { .. } | Fact::ScriptResult { .. } => {
            Hop::Agent
        }
        Fact::Symptom(_) => return None,
    })
}
