//! One process for each folder: a lock that the kernel gives up with the process, whatever ends it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

/// A lock on a folder, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct LockFile {
    _file: File,
}

/// Why a folder could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another process ({holder}) already uses {}", folder.display())]
    Held {
        /// The folder.
        folder: PathBuf,
        /// What the lock file says about its holder, such as `pid 4711`.
        holder: String,
    },
    /// The lock file cannot be made.
    #[error("failed to lock {}", folder.display())]
    Failed {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl LockFile {
    /// Locks `folder` by the file `name` in it.
    pub fn take(folder: &Path, name: &str) -> Result<Self, LockError> {
        let failed = |source| LockError::Failed { folder: folder.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(name))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // What the file says only makes the message better.
                let _ = (&mut file).take(64).read_to_string(&mut holder);
                let holder = holder.trim().to_owned();
                return Err(LockError::Held { folder: folder.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "pid {}", std::process::id())
        };
        write(&mut file).map_err(failed)?;

        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_once_and_free_again_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let lock = LockFile::take(folder.path(), "site.lock").expect("free");

        let refused = LockFile::take(folder.path(), "site.lock").expect_err("held").to_string();
        assert!(refused.contains(&format!("pid {}", std::process::id())), "{refused}");
        assert!(refused.contains(&folder.path().display().to_string()), "{refused}");

        drop(lock);
        LockFile::take(folder.path(), "site.lock").expect("free again");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let refused = LockFile::take(Path::new("/nowhere"), "site.lock").expect_err("no such folder");
        assert!(matches!(refused, LockError::Failed { .. }));
    }
}
