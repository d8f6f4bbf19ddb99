//! The authority's folder: small files that only its user may read, each written whole or not at all.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use serde::Serialize;
use service::lock::{LockError, LockFile};

/// Why a file of the authority's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be read or written.
    #[error("failed to {attempt} {}", path.display())]
    File {
        /// What was attempted.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It does not hold what it should.
    #[error("{} does not hold {expected}: restore the folder from a backup", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// Something cannot be made.
    #[error("failed to make {what}")]
    Make {
        /// What.
        what: &'static str,
    },
}

/// The mode of a folder into which only its user may look.
const PRIVATE: u32 = 0o700;

/// Held while an authority runs on the folder.
const LOCK: &str = "authority.lock";

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Opens the folder, and makes it where it does not exist. Nobody but its user may look into it.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        let made = DirBuilder::new().recursive(true).mode(PRIVATE).create(path);
        made.map_err(|source| failed("make", path, source))?;
        let mode = fs::metadata(path).map_err(|source| failed("read", path, source))?.permissions().mode();
        if mode & 0o077 != 0 {
            let closed = fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE));
            closed.map_err(|source| failed("close to others", path, source))?;
        }
        Ok(Self(path.to_owned()))
    }

    /// Makes the folder's user the only one of this kind: a second authority on the same keys would sign twice.
    pub(crate) fn lock(&self) -> Result<LockFile, LockError> {
        LockFile::take(&self.0, LOCK)
    }

    /// Returns the path of a file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Reads a file; `None` where there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.path(name);
        match fs::read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed("read", &path, source)),
        }
    }

    /// Writes a file; it is on disk when this returns.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), FolderError> {
        let (path, new) = (self.path(name), self.path(&format!("{name}.new")));
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|source| failed("write", &path, source))
    }

    /// Removes a file; it is gone when this returns.
    pub(crate) fn remove(&self, name: &str) -> Result<(), FolderError> {
        let path = self.path(name);
        let remove = || {
            fs::remove_file(&path)?;
            File::open(&self.0)?.sync_all()
        };
        match remove() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path, error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes a file as JSON; it is on disk when this returns.
    pub(crate) fn write_json<T: Serialize>(&self, name: &str, content: &T) -> Result<(), FolderError> {
        let content =
            serde_json::to_vec(content).map_err(|_| FolderError::Make { what: "the JSON of a file" })?;
        self.write(name, &content)
    }

    /// Copies the small files of the folder into another, which must not exist yet; databases are not among them.
    pub(crate) fn copy_to(&self, to: &Path) -> Result<Self, FolderError> {
        DirBuilder::new().mode(PRIVATE).create(to).map_err(|source| failed("make", to, source))?;
        let copy = Self(to.to_owned());
        let entries = fs::read_dir(&self.0).map_err(|source| failed("read", &self.0, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| failed("read", &self.0, source))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if !is_file || name.contains(".db") || name.ends_with(".new") || name == LOCK {
                continue;
            }
            if let Some(content) = self.read(&name)? {
                copy.write(&name, &content)?;
            }
        }
        Ok(copy)
    }
}

fn failed(attempt: &'static str, path: &Path, source: io::Error) -> FolderError {
    FolderError::File { attempt, path: path.to_owned(), source }
}
