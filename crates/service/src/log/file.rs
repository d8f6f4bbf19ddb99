//! The file of a log: bounded in size, and without harm to anybody where it cannot be written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::{Component, Format, LogSettings};

/// The line, unframed as in the field, that ends a file before it is renamed.
const CLOSING: &str = "<MAXIMUM LOG FILE SIZE REACHED - FILE RENAMED>\n";

/// Logs name people and machines: the group may read them, others may not.
const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// Why a log file could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("failed to open the log file {}", path.display())]
pub struct LogError {
    /// The file.
    pub path: PathBuf,
    source: io::Error,
}

/// A log file that is open for appending.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    renamed: PathBuf,
    file: File,
    size: u64,
    max_bytes: u64,
    format: Format,
    lost: u64,
}

impl LogFile {
    pub(super) fn open(settings: &LogSettings, component: Component) -> Result<Self, LogError> {
        let path = settings.folder.join(component.file);
        let failed = |source| LogError { path: path.clone(), source };
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&settings.folder).map_err(failed)?;
        let (file, size) = append_to(&path).map_err(failed)?;

        Ok(Self {
            renamed: path.with_extension("lo_"),
            path,
            file,
            size,
            max_bytes: settings.max_bytes,
            format: settings.format,
            lost: 0,
        })
    }

    /// Appends a framed line. Lines that cannot be written are counted; `note` frames the text that says so.
    pub(super) fn append(&mut self, framed: &str, note: impl FnOnce(&str) -> String) {
        let mut text = String::new();
        if self.lost > 0 {
            text =
                note(&format!("{} log lines were lost because this file could not be written.", self.lost));
        }
        text.push_str(framed);
        match self.write(&text) {
            Ok(()) => self.lost = 0,
            Err(_) => self.lost += 1,
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if self.size > 0 && self.size.saturating_add(length) > self.max_bytes {
            self.rotate()?;
        }
        match self.file.write_all(text.as_bytes()) {
            Ok(()) => {
                self.size += length;
                Ok(())
            }
            Err(error) => {
                // A line that was written in part would run into the next one.
                let _ = self.file.set_len(self.size);
                Err(error)
            }
        }
    }

    fn rotate(&mut self) -> io::Result<()> {
        if self.format == Format::Text {
            // The rename is what matters; a full disk may not stop it.
            let _ = self.file.write_all(CLOSING.as_bytes());
        }
        fs::rename(&self.path, &self.renamed)?;
        let (file, size) = append_to(&self.path)?;
        self.file = file;
        self.size = size;
        Ok(())
    }
}

fn append_to(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}
