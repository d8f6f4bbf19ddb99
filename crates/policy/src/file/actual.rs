//! What a file is now, and how that differs from what it is to be.

use std::{fs, io::Read, os::fd::OwnedFd};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat},
    io::Errno,
};

use super::{Counts, Ensure, File, FileError, owner};

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
pub(super) fn look(
    folder: &OwnedFd,
    name: &str,
    desired: &File,
    counts: &mut Counts,
) -> Result<Actual, FileError> {
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
    // A file of another length is not read at all.
    let length = u64::try_from(desired.content.len()).ok();
    let may_be_same = u64::try_from(found.st_size).ok() == length;
    let same_content = desired.ensure == Ensure::Absent
        || may_be_same
            && same(file, &desired.content, counts).map_err(|source| FileError::Failed {
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

/// One read of a file; larger ones are compared piece by piece, so that no file is held in memory whole.
const PIECE: usize = 16 << 10;

/// Compares up to the first difference, however long the file has become meanwhile.
fn same(file: OwnedFd, content: &str, counts: &mut Counts) -> std::io::Result<bool> {
    let mut file = fs::File::from(file);
    let mut rest = content.as_bytes();
    let mut piece = [0; PIECE];
    counts.files_read += 1;
    loop {
        let count = match file.read(&mut piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        counts.bytes_read += u64::try_from(count).unwrap_or(u64::MAX);
        if count == 0 {
            return Ok(rest.is_empty());
        }
        match rest.strip_prefix(&piece[..count]) {
            Some(left) => rest = left,
            None => return Ok(false),
        }
    }
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
