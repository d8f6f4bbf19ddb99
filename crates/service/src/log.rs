//! The log files of the field: one for each component, in the framing that the admins' tools read, or as JSON.
//!
//! A line is made in [`ComponentLog`], made harmless in `escape`, framed in `framing`, and kept in `file` or, for
//! tests, in memory. A log that cannot be written hurts nothing else: its lines are counted and the count is written
//! once there is room again.

mod component;
mod settings;
mod line;
mod escape;
mod framing;
mod file;
mod memory;
mod detailed;

use std::{
    fmt,
    io::Write as _,
    panic::Location,
    sync::{Arc, Mutex, PoisonError},
};

use action::{TaskGuid, Timestamp};

pub use component::{Component, Framing};
pub use detailed::Detailed;
pub use file::LogError;
pub use line::{Line, Severity};
pub use memory::Lines;
pub use settings::{Format, LogSettings, Zone};

use self::{file::LogFile, framing::Clock};

/// The log of one component. A clone writes to the same file.
#[derive(Clone, Debug)]
pub struct ComponentLog {
    component: Component,
    sink: Arc<Sink>,
    detailed: Detailed,
}

#[derive(Debug)]
enum Sink {
    File { clock: Clock, format: Format, file: Mutex<LogFile> },
    Stderr { clock: Clock },
    Memory(Lines),
}

/// A line that is being made: the action that it is about, and fields that JSON logs carry.
#[derive(Clone, Debug)]
#[must_use = "a line is written by `info`, `warn` or `error`"]
pub struct Draft<'a> {
    log: &'a ComponentLog,
    task_guid: Option<TaskGuid>,
    fields: Vec<(&'static str, String)>,
}

impl ComponentLog {
    /// Opens the component's file in the settings' folder, which is made where it is missing.
    pub fn open(settings: &LogSettings, component: Component) -> Result<Self, LogError> {
        let file = LogFile::open(settings, component)?;
        let sink =
            Sink::File { clock: Clock::new(settings.zone), format: settings.format, file: Mutex::new(file) };
        Ok(Self { component, sink: Arc::new(sink), detailed: Detailed::default() })
    }

    /// Makes a log that goes to standard error, as text: for commands that have no folder of their own.
    pub fn stderr(component: Component) -> Self {
        let sink = Arc::new(Sink::Stderr { clock: Clock::new(Zone::System) });
        Self { component, sink, detailed: Detailed::default() }
    }

    /// Makes a log that is kept in memory, and its lines.
    pub fn memory(component: Component) -> (Self, Lines) {
        let lines = Lines::default();
        let sink = Arc::new(Sink::Memory(lines.clone()));
        (Self { component, sink, detailed: Detailed::default() }, lines)
    }

    /// Returns the log with its detailed lines written while `detailed` says so, as those of the program's other logs.
    #[must_use]
    pub fn detailed_by(mut self, detailed: &Detailed) -> Self {
        self.detailed = detailed.clone();
        self
    }

    /// Begins a line about an action.
    pub fn about(&self, task_guid: TaskGuid) -> Draft<'_> {
        Draft { log: self, task_guid: Some(task_guid), fields: Vec::new() }
    }

    /// Begins a line with a field. Fields are written in JSON logs; the text of a line must be readable without them.
    pub fn field(&self, name: &'static str, value: impl fmt::Display) -> Draft<'_> {
        Draft { log: self, task_guid: None, fields: Vec::new() }.field(name, value)
    }

    /// Returns a moment as the field's texts name it: local time, such as `02/28/2020 16:35:31`; UTC in memory.
    pub fn moment(&self, at: Timestamp) -> String {
        match &*self.sink {
            Sink::File { clock, .. } | Sink::Stderr { clock } => clock.read(at),
            Sink::Memory(_) => Clock::new(Zone::FixedMinutes(0)).read(at),
        }
    }

    /// Writes a line.
    #[track_caller]
    pub fn info(&self, text: impl fmt::Display) {
        self.write(Severity::Info, &text, None, Vec::new(), Location::caller());
    }

    /// Writes a line that only helps who looks for the cause of something: only while the program's logs are detailed.
    #[track_caller]
    pub fn detail(&self, text: impl fmt::Display) {
        if self.detailed.holds(crate::clock::now()) {
            self.write(Severity::Detail, &text, None, Vec::new(), Location::caller());
        }
    }

    /// Writes a line about something that went wrong and is dealt with.
    #[track_caller]
    pub fn warn(&self, text: impl fmt::Display) {
        self.write(Severity::Warning, &text, None, Vec::new(), Location::caller());
    }

    /// Writes a line about something that went wrong and needs somebody.
    #[track_caller]
    pub fn error(&self, text: impl fmt::Display) {
        self.write(Severity::Error, &text, None, Vec::new(), Location::caller());
    }

    fn write(
        &self,
        severity: Severity,
        text: &dyn fmt::Display,
        task_guid: Option<TaskGuid>,
        fields: Vec<(&'static str, String)>,
        place: &'static Location<'static>,
    ) {
        let line = Line {
            at: crate::clock::now(),
            component: self.component,
            severity,
            thread: line::thread(),
            text: escape::text(&text.to_string()),
            task_guid,
            fields,
            place,
        };
        match &*self.sink {
            Sink::Memory(lines) => lines.push(line),
            Sink::Stderr { clock } => {
                let framed = framing::frame(&line, Format::Text, clock);
                // Where nobody reads, there is nobody to tell.
                let _ = std::io::stderr().write_all(framed.as_bytes());
            }
            Sink::File { clock, format, file } => {
                let framed = framing::frame(&line, *format, clock);
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.append(&framed, |text| framing::frame(&line.note(text), *format, clock));
            }
        }
    }
}

impl Draft<'_> {
    /// Adds a field.
    pub fn field(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.fields.push((name, escape::text(&value.to_string())));
        self
    }

    /// Names the action that the line is about.
    pub fn about(mut self, task_guid: TaskGuid) -> Self {
        self.task_guid = Some(task_guid);
        self
    }

    /// Writes the line.
    #[track_caller]
    pub fn info(self, text: impl fmt::Display) {
        self.log.write(Severity::Info, &text, self.task_guid, self.fields, Location::caller());
    }

    /// Writes the line where the program's logs are detailed.
    #[track_caller]
    pub fn detail(self, text: impl fmt::Display) {
        if self.log.detailed.holds(crate::clock::now()) {
            self.log.write(Severity::Detail, &text, self.task_guid, self.fields, Location::caller());
        }
    }

    /// Writes the line; it is about something that went wrong and is dealt with.
    #[track_caller]
    pub fn warn(self, text: impl fmt::Display) {
        self.log.write(Severity::Warning, &text, self.task_guid, self.fields, Location::caller());
    }

    /// Writes the line; it is about something that went wrong and needs somebody.
    #[track_caller]
    pub fn error(self, text: impl fmt::Display) {
        self.log.write(Severity::Error, &text, self.task_guid, self.fields, Location::caller());
    }
}

#[cfg(test)]
mod tests;
