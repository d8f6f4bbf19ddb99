//! Gets, tests and sets files under the root that the configuration gives.

use std::{collections::BTreeSet, io, os::fd::OwnedFd, path::PathBuf};

use super::{
    DevicePath, Ensure, File,
    actual::{self, Actual},
    confine::{self, Missing},
    write,
};
use crate::{Properties, Resources};

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
    finished: BTreeSet<DevicePath>,
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
    /// Two policies describe one file.
    #[error("{path} is described by another policy as well; the first one stands")]
    DescribedTwice {
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
        Self { access, finished: BTreeSet::new() }
    }

    /// Ends one document: what the next ones describe again is refused, so that two policies never undo each other.
    pub fn end_of_document(&mut self, document: &crate::Document) {
        let paths = document.resources().iter().map(|resource| {
            let Properties::File(file) = &resource.properties;
            file.path.clone()
        });
        self.finished.extend(paths);
    }

    fn permit(&self, path: &DevicePath) -> Result<(), FileError> {
        if !self.access.allow.iter().any(|allowed| path.is_in(allowed)) {
            return Err(FileError::NotAllowed { path: path.to_string() });
        }
        if path.components().iter().any(|component| component == write::TEMPORARY) {
            return Err(FileError::ReservedName { path: path.to_string() });
        }
        if self.finished.contains(path) {
            return Err(FileError::DescribedTwice { path: path.to_string() });
        }
        Ok(())
    }

    fn folder(&self, file: &File, missing: Missing) -> Result<Option<OwnedFd>, FileError> {
        self.permit(&file.path)?;
        confine::folder(confine::root(&self.access.root)?, &file.path, missing)
    }
}

impl Resources for Files {
    type Error = FileError;

    fn test(&mut self, desired: &Properties) -> Result<Vec<String>, FileError> {
        let Properties::File(file) = desired;
        let actual = match self.folder(file, Missing::Leave)? {
            Some(folder) => actual::look(&folder, name(file), file)?,
            None => Actual::Absent,
        };
        actual::differences(&actual, file)
    }

    fn set(&mut self, desired: &Properties) -> Result<(), FileError> {
        let Properties::File(file) = desired;
        let missing = match file.ensure {
            Ensure::Present => Missing::Make,
            Ensure::Absent => Missing::Leave,
        };
        let Some(folder) = self.folder(file, missing)? else { return Ok(()) };
        let actual = actual::look(&folder, name(file), file)?;

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
}

fn name(file: &File) -> &str {
    file.path.split().map_or("", |(_, name)| name)
}
