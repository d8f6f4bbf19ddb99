//! The way to a file: from the root's open folder, component by component, never through a symbolic link.
//!
//! Each step opens a name in the folder that is already open, so that nobody can swap a folder for a link between a
//! check and its use.

use std::{io, os::fd::OwnedFd, path::Path};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, fsync, mkdirat, open, openat, statat},
    io::Errno,
};

use super::{DevicePath, FileError};

/// Folders that a policy makes are readable by all, as most of a system's are.
const NEW_FOLDER: Mode = Mode::from_raw_mode(0o755);

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK);

/// What to do about folders that are not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Missing {
    Leave,
    Make,
}

/// Opens the root, which is the owner's word and may itself be a link.
pub(super) fn root(path: &Path) -> Result<OwnedFd, FileError> {
    open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).map_err(|errno| {
        FileError::Failed { attempt: "open the root", path: path.display().to_string(), source: errno.into() }
    })
}

/// Opens the folder of `path`; `None` where it is not there and is not to be made.
pub(super) fn folder(
    root: OwnedFd,
    path: &DevicePath,
    missing: Missing,
) -> Result<Option<OwnedFd>, FileError> {
    let Some((folders, _)) = path.split() else {
        return Err(FileError::NotAFile { path: path.to_string(), is: "the root" });
    };
    let mut here = root;
    let mut walked = String::new();
    for name in folders {
        walked.push('/');
        walked.push_str(name);
        let next = match openat(&here, name, FOLDER, Mode::empty()) {
            Err(Errno::NOENT) if missing == Missing::Leave => return Ok(None),
            Err(Errno::NOENT) => make(&here, name),
            other => other,
        };
        here = next.map_err(|errno| no_way(&here, name, &walked, errno))?;
    }
    Ok(Some(here))
}

fn make(here: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    match mkdirat(here, name, NEW_FOLDER) {
        // Somebody else made it in the meantime.
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    fsync(here)?;
    openat(here, name, FOLDER, Mode::empty())
}

/// Says why a component cannot be passed.
fn no_way(here: &OwnedFd, name: &str, walked: &str, errno: Errno) -> FileError {
    let path = walked.to_owned();
    if errno != Errno::LOOP && errno != Errno::NOTDIR {
        return FileError::Failed { attempt: "open the folder", path, source: errno.into() };
    }
    match statat(here, name, AtFlags::SYMLINK_NOFOLLOW).map(|found| FileType::from_raw_mode(found.st_mode)) {
        Ok(FileType::Symlink) => FileError::LinkOnTheWay { path },
        Ok(_) => FileError::NotAFolder { path },
        Err(errno) => FileError::Failed { attempt: "look at", path, source: io::Error::from(errno) },
    }
}
