//! Gets, tests and sets files under the root that the configuration gives.

use std::{io, os::fd::OwnedFd, path::PathBuf};

use super::{
    DevicePath, Ensure, File,
    actual::{self, Actual},
    confine::{self, Missing},
    write,
};

/// What a device's owner allows policy to change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileAccess {
    /// Where the paths of documents begin: `/`, or a folder that stands for it.
    pub root: PathBuf,
    /// The folders and files, as documents write them, that may be changed. Empty: none.
    pub allow: Vec<DevicePath>,
}

/// The files of this machine, for one run over a device's policies.
#[derive(Debug)]
pub struct Files {
    access: FileAccess,
    counts: Counts,
}

/// What a run read of files, to see that one without changes costs no more than it must.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Files that were opened.
    pub files_read: u64,
    /// Bytes that were compared.
    pub bytes_read: u64,
}

/// Why a file cannot be tested or set.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The configuration does not allow it.
    #[error(
        "the agent's configuration does not allow policy to change {path}; `files.allow` names what it may"
    )]
    NotAllowed {
        /// The file.
        path: String,
    },
    /// A folder on the way is a symbolic link.
    #[error("the folder {path} is a symbolic link, which is not followed; write the path that it leads to")]
    LinkOnTheWay {
        /// The folder.
        path: String,
    },
    /// Something on the way is no folder.
    #[error("{path} is no folder")]
    NotAFolder {
        /// The thing.
        path: String,
    },
    /// What stands there is not replaced or removed.
    #[error("{path} is {is}, which is not touched; remove it by hand")]
    NotAFile {
        /// The path.
        path: String,
        /// What stands there.
        is: &'static str,
    },
    /// The name is the engine's own.
    #[error("{path} has the name that new files have while they are written")]
    ReservedName {
        /// The path.
        path: String,
    },
    /// An account is not known on this machine.
    #[error("`{name}` does not stand in {file}; write its number for an account of a directory service")]
    UnknownAccount {
        /// The account.
        name: String,
        /// Where it was looked up.
        file: &'static str,
    },
    /// The system refused.
    #[error("failed to {attempt} {path}")]
    Failed {
        /// What was attempted.
        attempt: &'static str,
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl Files {
    /// Begins a run.
    pub fn new(access: FileAccess) -> Self {
        Self { access, counts: Counts::default() }
    }

    /// Returns what was read so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Says what differs from the desired state, without contents; empty where nothing does.
    pub fn differences(&mut self, file: &File) -> Result<Vec<String>, FileError> {
        let actual = match self.folder(file, Missing::Leave)? {
            Some(folder) => actual::look(&folder, name(file), file, &mut self.counts)?,
            None => Actual::Absent,
        };
        actual::differences(&actual, file)
    }

    /// Brings about the desired state.
    pub fn set(&mut self, file: &File) -> Result<(), FileError> {
        let missing = match file.ensure {
            Ensure::Present => Missing::Make,
            Ensure::Absent => Missing::Leave,
        };
        let Some(folder) = self.folder(file, missing)? else { return Ok(()) };
        let actual = actual::look(&folder, name(file), file, &mut self.counts)?;

        match (file.ensure, &actual) {
            (_, Actual::Other(is)) => Err(FileError::NotAFile { path: file.path.to_string(), is }),
            (Ensure::Present, Actual::Link) => {
                Err(FileError::NotAFile { path: file.path.to_string(), is: "a symbolic link" })
            }
            (Ensure::Present, Actual::Absent | Actual::Regular { .. }) => {
                write::replace(&folder, name(file), file, &actual)
            }
            (Ensure::Absent, _) => write::remove(&folder, name(file), file),
        }
    }

    fn permit(&self, path: &DevicePath) -> Result<(), FileError> {
        if !self.access.allow.iter().any(|allowed| path.is_in(allowed)) {
            return Err(FileError::NotAllowed { path: path.to_string() });
        }
        if path.components().iter().any(|component| component == write::TEMPORARY) {
            return Err(FileError::ReservedName { path: path.to_string() });
        }
        Ok(())
    }

    fn folder(&self, file: &File, missing: Missing) -> Result<Option<OwnedFd>, FileError> {
        self.permit(&file.path)?;
        confine::folder(confine::root(&self.access.root)?, &file.path, missing)
    }
}

fn name(file: &File) -> &str {
    file.path.split().map_or("", |(_, name)| name)
}
