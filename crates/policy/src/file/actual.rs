//! What a file is now, and how that differs from what it is to be.

use std::{fs, io::Read, os::fd::OwnedFd};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat},
    io::Errno,
};

use super::{Ensure, File, FileError, owner};

/// The mode of a new file whose policy names none.
pub(super) const DEFAULT_MODE: u32 = 0o644;
/// The bits of a mode that a policy sets.
const ALL_BITS: u32 = 0o7777;

/// What stands at a path.
#[derive(Debug)]
pub(super) enum Actual {
    Absent,
    Link,
    Regular {
        mode: u32,
        uid: u32,
        gid: u32,
        same_content: bool,
    },
    /// A folder, a device, a pipe or a socket.
    Other(&'static str),
}

/// Looks at a name in a folder, without following it and without opening what is no regular file.
pub(super) fn look(folder: &OwnedFd, name: &str, desired: &File) -> Result<Actual, FileError> {
    let failed = |attempt| {
        let path = desired.path.to_string();
        move |errno: Errno| FileError::Failed { attempt, path, source: errno.into() }
    };
    let found = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => found,
        Err(Errno::NOENT) => return Ok(Actual::Absent),
        Err(errno) => return Err(failed("look at")(errno)),
    };
    if let Some(other) = no_regular_file(&found) {
        return Ok(other);
    }

    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty()).map_err(failed("open"))?;
    // What stood at the name a moment ago may have been swapped.
    let found = fstat(&file).map_err(failed("look at"))?;
    if let Some(other) = no_regular_file(&found) {
        return Ok(other);
    }
    let same_content = desired.ensure == Ensure::Absent
        || same(file, &desired.content).map_err(|source| FileError::Failed {
            attempt: "read",
            path: desired.path.to_string(),
            source,
        })?;

    Ok(Actual::Regular { mode: found.st_mode & ALL_BITS, uid: found.st_uid, gid: found.st_gid, same_content })
}

fn no_regular_file(found: &Stat) -> Option<Actual> {
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => None,
        FileType::Symlink => Some(Actual::Link),
        FileType::Directory => Some(Actual::Other("a folder")),
        FileType::Fifo => Some(Actual::Other("a pipe")),
        FileType::Socket => Some(Actual::Other("a socket")),
        FileType::CharacterDevice | FileType::BlockDevice => Some(Actual::Other("a device")),
        FileType::Unknown => Some(Actual::Other("of an unknown kind")),
    }
}

/// Compares at most one byte more than is wanted, however long the file is.
fn same(file: OwnedFd, content: &str) -> std::io::Result<bool> {
    let most = u64::try_from(content.len()).unwrap_or(u64::MAX).saturating_add(1);
    let mut actual = Vec::with_capacity(content.len() + 1);
    fs::File::from(file).take(most).read_to_end(&mut actual)?;
    Ok(actual == content.as_bytes())
}

/// Says what differs, without contents.
pub(super) fn differences(actual: &Actual, desired: &File) -> Result<Vec<String>, FileError> {
    let mut differences = Vec::new();
    match (desired.ensure, actual) {
        (Ensure::Absent, Actual::Absent) => {}
        (Ensure::Absent, _) => differences.push("it exists".to_owned()),
        (Ensure::Present, Actual::Absent) => differences.push("it does not exist".to_owned()),
        (Ensure::Present, Actual::Link) => differences.push("it is a symbolic link".to_owned()),
        (Ensure::Present, Actual::Other(is)) => differences.push(format!("it is {is}")),
        (Ensure::Present, Actual::Regular { mode, uid, gid, same_content }) => {
            if !same_content {
                differences.push("the content differs".to_owned());
            }
            if let Some(wanted) = desired.mode.filter(|wanted| wanted != mode) {
                differences.push(format!("the mode is {mode:04o}, not {wanted:04o}"));
            }
            if let Some(name) = &desired.owner
                && owner::user(name)? != *uid
            {
                differences.push(format!("the owner is {uid}, not {name}"));
            }
            if let Some(name) = &desired.group
                && owner::group(name)? != *gid
            {
                differences.push(format!("the group is {gid}, not {name}"));
            }
        }
    }
    Ok(differences)
}
