//! Puts a file in its place: a new file is written beside it, made durable, and renamed over it.
//!
//! The old file itself is never changed, not even its mode: another name of it (a hard link) may lie outside of what
//! the configuration allows.

use std::{fs, io::Write, os::fd::OwnedFd};

use rustix::{
    fs::{AtFlags, Gid, Mode, OFlags, Uid, fchmod, fchown, fstat, fsync, openat, renameat, unlinkat},
    io::Errno,
};

use super::{
    File, FileError,
    actual::{Actual, DEFAULT_MODE},
    owner,
};

/// The name of a file that is being written. One run writes at a time; one that is found was left by a crash.
pub(super) const TEMPORARY: &str = ".tenon-new";

/// The bits that an old file's mode may hand on; set-user-id and its like are given by a policy or not at all.
const KEPT_BITS: u32 = 0o777;

/// Replaces what stands at `name`, which is a regular file or nothing.
pub(super) fn replace(
    folder: &OwnedFd,
    name: &str,
    desired: &File,
    actual: &Actual,
) -> Result<(), FileError> {
    let (kept_mode, kept_uid, kept_gid) = match actual {
        Actual::Regular { mode, uid, gid, .. } => (Some(mode & KEPT_BITS), Some(*uid), Some(*gid)),
        Actual::Absent | Actual::Link | Actual::Other(_) => (None, None, None),
    };
    let mode = desired.mode.or(kept_mode).unwrap_or(DEFAULT_MODE);
    let uid = desired.owner.as_deref().map(owner::user).transpose()?.or(kept_uid);
    let gid = desired.group.as_deref().map(owner::group).transpose()?.or(kept_gid);

    let file = create(folder).map_err(|errno| failed("create a new file for", desired, errno.into()))?;
    let written = fill(file, desired, mode, uid, gid).and_then(|()| {
        renameat(folder, TEMPORARY, folder, name).map_err(|errno| failed("rename to", desired, errno.into()))
    });
    if written.is_err() {
        // The first error is the one to tell; what stays is removed by the next run.
        let _ = unlinkat(folder, TEMPORARY, AtFlags::empty());
    }
    written?;

    fsync(folder).map_err(|errno| failed("make durable the folder of", desired, errno.into()))
}

/// Removes what stands at `name`: a file or a link, never a folder.
pub(super) fn remove(folder: &OwnedFd, name: &str, desired: &File) -> Result<(), FileError> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(failed("remove", desired, errno.into())),
    }
    fsync(folder).map_err(|errno| failed("make durable the folder of", desired, errno.into()))
}

fn create(folder: &OwnedFd) -> Result<OwnedFd, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let only_owner = Mode::from_raw_mode(0o600);
    match openat(folder, TEMPORARY, flags, only_owner) {
        Err(Errno::EXIST) => {
            unlinkat(folder, TEMPORARY, AtFlags::empty())?;
            openat(folder, TEMPORARY, flags, only_owner)
        }
        other => other,
    }
}

fn fill(
    file: OwnedFd,
    desired: &File,
    mode: u32,
    uid: Option<u32>,
    gid: Option<u32>,
) -> Result<(), FileError> {
    let mut file = fs::File::from(file);
    file.write_all(desired.content.as_bytes()).map_err(|source| failed("write", desired, source))?;

    let made = fstat(&file).map_err(|errno| failed("look at", desired, errno.into()))?;
    let new_uid = uid.filter(|uid| *uid != made.st_uid).map(Uid::from_raw);
    let new_gid = gid.filter(|gid| *gid != made.st_gid).map(Gid::from_raw);
    if new_uid.is_some() || new_gid.is_some() {
        fchown(&file, new_uid, new_gid)
            .map_err(|errno| failed("change the owner of", desired, errno.into()))?;
    }
    // After the owner: a change of owner clears the set-user-id bits.
    fchmod(&file, Mode::from_raw_mode(mode))
        .map_err(|errno| failed("change the mode of", desired, errno.into()))?;
    file.sync_all().map_err(|source| failed("make durable", desired, source))
}

fn failed(attempt: &'static str, desired: &File, source: std::io::Error) -> FileError {
    FileError::Failed { attempt, path: desired.path.to_string(), source }
}
