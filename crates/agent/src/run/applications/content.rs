//! Content: fetched in ranges, resumed where it broke off, kept up to a limit, and used only as a private copy whose
//! hash was taken while it was made. What lies in the cache is never run.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use action::Timestamp;
use application::ContentFile;
use management_link::{Answer, ByteRange, Call, LARGEST_RANGE, path};
use proof::{Hash, Hasher};
use rustix::fs::OFlags;

use crate::{
    keep,
    management::{ManagementError, Session},
};

const FOLDER: &str = "content";
/// What is not whole yet.
const PART: &str = "part";
/// Bytes that are copied at once.
const COPY: usize = 64 << 10;
/// How often a file whose hash is wrong is fetched anew: one that was corrupted on the way comes right the second time.
const ATTEMPTS: usize = 2;

/// Why content cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContentError {
    #[error("failed to fetch the content `{name}`")]
    Fetch { name: String, source: ManagementError },
    #[error("the management point has `{name}` with {offered} bytes, and the application says {expected}")]
    OtherSize { name: String, offered: u64, expected: u64 },
    #[error("the content `{name}` is not what the application says: its SHA-256 is another")]
    OtherHash { name: String },
    #[error("the content `{name}` has {size} bytes, more than the cache may hold ({limit})")]
    TooLarge { name: String, size: u64, limit: u64 },
    #[error("failed to {attempt} {}", path.display())]
    File { attempt: &'static str, path: PathBuf, source: io::Error },
}

/// The cache.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    limit: u64,
}

impl Cache {
    pub(super) fn new(agent_folder: &Path, limit: u64) -> Result<Self, ContentError> {
        let folder = agent_folder.join(FOLDER);
        keep::private_folder(&folder).map_err(failed("make the folder", &folder))?;
        Ok(Self { folder, limit })
    }

    /// Puts a copy of a file into a private folder: fetched where it is not there, and again where what is there has
    /// another hash.
    pub(super) async fn provide(
        &self,
        file: &ContentFile,
        session: Option<&mut Session>,
        to: &Path,
    ) -> Result<(), ContentError> {
        if self.copy_out(file, to).await? {
            return Ok(());
        }
        let Some(session) = session else {
            let path = self.path(file.sha256);
            let source = io::Error::new(io::ErrorKind::NotFound, "the management point cannot be reached");
            return Err(ContentError::File { attempt: "find", path, source });
        };
        for _ in 0..ATTEMPTS {
            self.fetch(file, session).await?;
            if self.copy_out(file, to).await? {
                return Ok(());
            }
        }
        Err(ContentError::OtherHash { name: file.name.clone() })
    }

    /// Copies a cached file; returns whether it was there and had the right hash. A wrong one is removed.
    async fn copy_out(&self, file: &ContentFile, to: &Path) -> Result<bool, ContentError> {
        let (from, to, file) = (self.path(file.sha256), to.join(&file.name), file.clone());
        let copied = tokio::task::spawn_blocking(move || copy_verified(&from, &to, &file)).await;
        copied.unwrap_or_else(|error| {
            let path = self.folder.clone();
            Err(ContentError::File { attempt: "copy from", path, source: io::Error::other(error) })
        })
    }

    /// Fetches what is missing of a file.
    async fn fetch(&self, file: &ContentFile, session: &mut Session) -> Result<(), ContentError> {
        if file.size > self.limit {
            let (name, size) = (file.name.clone(), file.size);
            return Err(ContentError::TooLarge { name, size, limit: self.limit });
        }
        self.make_room(file)?;
        let part = self.path(file.sha256).with_extension(PART);
        let mut open = OpenOptions::new();
        open.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(nofollow());
        let mut to = open.open(&part).map_err(failed("open", &part))?;
        let mut at = to.seek(io::SeekFrom::End(0)).map_err(failed("read", &part))?;
        if at > file.size {
            to.set_len(0).map_err(failed("empty", &part))?;
            at = to.seek(io::SeekFrom::Start(0)).map_err(failed("read", &part))?;
        }
        while at < file.size {
            let length = (file.size - at).min(LARGEST_RANGE as u64);
            let range = ByteRange { from: at, length: u32::try_from(length).unwrap_or(u32::MAX) };
            let call = Call::Content { sha256: file.sha256.0, range };
            let name = || file.name.clone();
            let fetched = session.call(&call).await;
            let got = match fetched.map_err(|source| ContentError::Fetch { name: name(), source })? {
                Answer::Content(got) => got,
                _ => {
                    let source = ManagementError::Mixed(path::CONTENT);
                    return Err(ContentError::Fetch { name: name(), source });
                }
            };
            if got.size != file.size || got.from != at || got.bytes.len() as u64 > length {
                let (offered, expected) = (got.size, file.size);
                return Err(ContentError::OtherSize { name: name(), offered, expected });
            }
            to.write_all(&got.bytes).map_err(failed("write", &part))?;
            at += got.bytes.len() as u64;
        }
        to.sync_all().map_err(failed("write", &part))?;
        let whole = self.path(file.sha256);
        fs::rename(&part, &whole).map_err(failed("rename", &part))
    }

    /// Removes the files that were used longest ago, until one more fits the limit.
    fn make_room(&self, file: &ContentFile) -> Result<(), ContentError> {
        let own = file.sha256.hex();
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed("read", &self.folder))?.filter_map(Result::ok)
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Ok(metadata) = entry.metadata()
                && !name.starts_with(&own)
            {
                files.push((metadata.modified().ok(), metadata.len(), entry.path()));
            }
        }
        files.sort();
        let mut held: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if held.saturating_add(file.size) <= self.limit {
                break;
            }
            keep::remove(&path).map_err(failed("remove", &path))?;
            held = held.saturating_sub(size);
        }
        Ok(())
    }

    fn path(&self, sha256: Hash) -> PathBuf {
        self.folder.join(sha256.hex())
    }
}

/// Copies by descriptor and hashes what is copied: whatever happens to the cached file afterwards, the copy is what was
/// verified. Only its owner can reach the copy's folder.
fn copy_verified(from: &Path, to: &Path, file: &ContentFile) -> Result<bool, ContentError> {
    let mut source = match OpenOptions::new().read(true).custom_flags(nofollow()).open(from) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed("open", from)(error)),
    };
    keep::remove(to).map_err(failed("remove", to))?;
    let mut copy =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed("make", to))?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; COPY];
    let mut copied: u64 = 0;
    loop {
        let length = source.read(&mut buffer).map_err(failed("read", from))?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
        copied = copied.saturating_add(length as u64);
        if copied > file.size {
            break;
        }
        hasher.update(bytes);
        copy.write_all(bytes).map_err(failed("write", to))?;
    }
    copy.sync_all().map_err(failed("write", to))?;
    if copied != file.size || hasher.finish() != file.sha256 {
        keep::remove(to).map_err(failed("remove", to))?;
        keep::remove(from).map_err(failed("remove", from))?;
        return Ok(false);
    }
    touch(&source);
    // Read and run, and changed by nobody.
    copy.set_permissions(Permissions::from_mode(0o500)).map_err(failed("write", to))?;
    Ok(true)
}

/// Notes that a file was used: what was used longest ago goes first.
fn touch(file: &File) {
    // A note that is missing makes the file go sooner, and it is fetched again.
    let _ = file.set_modified(moment(service::clock::now()));
}

fn moment(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or(0))
}

fn nofollow() -> i32 {
    i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0)
}

fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ContentError {
    let path = path.to_owned();
    move |source| ContentError::File { attempt, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> ContentFile {
        ContentFile { name: "tool.deb".into(), sha256: Hash::of(bytes), size: bytes.len() as u64 }
    }

    fn cache(limit: u64) -> (tempfile::TempDir, Cache, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(folder.path(), limit).expect("made");
        let to = folder.path().join("run");
        keep::private_folder(&to).expect("made");
        (folder, cache, to)
    }

    #[tokio::test]
    async fn what_is_used_is_a_copy_that_no_later_change_reaches() {
        let (_folder, cache, to) = cache(100);
        let file = file(b"the right bytes");
        let cached = cache.path(file.sha256);
        fs::write(&cached, b"the right bytes").expect("cached");
        cache.provide(&file, None, &to).await.expect("provided");
        fs::write(&cached, b"others, later!!").expect("replaced after verification");
        assert_eq!(fs::read(to.join("tool.deb")).expect("the copy"), b"the right bytes");
        let mode = fs::metadata(to.join("tool.deb")).expect("the copy").permissions().mode();
        assert_eq!(mode & 0o777, 0o500);
    }

    #[tokio::test]
    async fn what_was_changed_in_the_cache_is_refused_and_removed() {
        for wrong in [&b"the wrong bytes"[..], b"the right byte", b"the right bytes and more", b""] {
            let (_folder, cache, to) = cache(100);
            let file = file(b"the right bytes");
            let cached = cache.path(file.sha256);
            fs::write(&cached, wrong).expect("cached");
            cache.provide(&file, None, &to).await.expect_err("refused");
            assert!(!cached.exists() && !to.join("tool.deb").exists(), "nothing of it is left");
        }
    }

    #[tokio::test]
    async fn a_link_in_the_place_of_content_is_not_followed() {
        let (folder, cache, to) = cache(100);
        let file = file(b"the right bytes");
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, b"the right bytes").expect("written");
        std::os::unix::fs::symlink(&elsewhere, cache.path(file.sha256)).expect("a link");
        cache.provide(&file, None, &to).await.expect_err("refused");
    }

    #[test]
    fn the_cache_makes_room_by_what_was_used_longest_ago() {
        let (_folder, cache, _) = cache(10);
        for (name, at) in [("old", 1), ("older", 0), ("new", 2)] {
            let path = cache.folder.join(name);
            fs::write(&path, b"1234").expect("written");
            let used = moment(Timestamp(at * 1000));
            File::options().write(true).open(&path).expect("open").set_modified(used).expect("set");
        }
        cache.make_room(&file(b"123456")).expect("room");
        let left: Vec<_> = ["older", "old", "new"].map(|name| cache.folder.join(name).exists()).into();
        assert_eq!(left, [false, false, true]);
    }
}
