//! What a site keeps of its attachment: a file, and its link key in a file of its own that nobody else may read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use action::{ConsoleId, SiteId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use site_link::{
    handshake::Pinned,
    keys::{LinkKey, Nonce, PublicLinkKey},
};
use zeroize::Zeroizing;

use crate::console_url::ConsoleUrl;

const ATTACHMENT_FILE: &str = "site-link.json";
const KEY_FILE: &str = "site-link.key";

/// Read and written by the owner only.
const SECRET: u32 = 0o600;

/// A site's attachment to a console.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Where the console is.
    pub console_url: ConsoleUrl,
    /// The console.
    pub console: ConsoleId,
    /// The console's link key.
    pub console_key: PublicLinkKey,
    /// The tenant that the site belongs to.
    pub tenant: TenantId,
    /// The site.
    pub site: SiteId,
    /// The site's name at the console.
    pub site_name: String,
    /// When it was attached.
    pub attached_at: Timestamp,
}

/// Why the files of an attachment cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// A file cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("failed to write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it must.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The key may be read by others.
    #[error("{} may be read by others than its owner (mode {mode:o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// The file's mode.
        mode: u32,
    },
}

impl Attachment {
    pub(crate) fn pinned(&self) -> Pinned {
        Pinned { tenant: self.tenant, site: self.site, console: self.console, console_key: self.console_key }
    }

    /// Reads the attachment of the site in `folder`; none where it is not attached.
    pub(crate) fn load(folder: &Path) -> Result<Option<Self>, AttachmentError> {
        let path = folder.join(ATTACHMENT_FILE);
        let Some(text) = read(&path)? else { return Ok(None) };
        let damaged = |error: serde_json::Error| AttachmentError::Damaged { path, what: error.to_string() };
        serde_json::from_slice(&text).map(Some).map_err(damaged)
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<(), AttachmentError> {
        let path = folder.join(ATTACHMENT_FILE);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| AttachmentError::Write { path: path.clone(), source: error.into() })?;
        write(folder, &path, &text)
    }
}

/// Reads the site's link key.
pub(crate) fn load_key(folder: &Path) -> Result<Option<LinkKey>, AttachmentError> {
    let path = folder.join(KEY_FILE);
    let Some(text) = read(&path)? else { return Ok(None) };
    let mode =
        fs::metadata(&path).map_err(|source| AttachmentError::Read { path: path.clone(), source })?.mode();
    if mode & 0o077 != 0 {
        return Err(AttachmentError::Exposed { path, mode: mode & 0o777 });
    }
    let text = Zeroizing::new(text);
    let seed = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse::<Nonce>().ok());
    let what = || "expected 43 letters, digits, `-` or `_`".to_owned();
    let seed = Zeroizing::new(seed.ok_or_else(|| AttachmentError::Damaged { path, what: what() })?.0);
    Ok(Some(LinkKey::from_seed(&seed)))
}

/// Reads the site's link key, or makes one of `seed` and saves it. A key that was made for an attachment whose answer
/// was lost is used again: the console gives the same answer to the same key.
pub(crate) fn load_or_make_key(
    folder: &Path,
    seed: &Zeroizing<[u8; 32]>,
) -> Result<LinkKey, AttachmentError> {
    if let Some(key) = load_key(folder)? {
        return Ok(key);
    }
    let text = Zeroizing::new(format!("{}\n", Nonce(**seed)));
    write(folder, &folder.join(KEY_FILE), text.as_bytes())?;
    Ok(LinkKey::from_seed(seed))
}

/// Forgets the attachment: its file first, so that no moment shows one without its key.
pub(crate) fn forget(folder: &Path) -> Result<(), AttachmentError> {
    for name in [ATTACHMENT_FILE, KEY_FILE] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(AttachmentError::Write { path, source }),
        }
    }
    sync(folder).map_err(|source| AttachmentError::Write { path: folder.to_owned(), source })
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, AttachmentError> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(AttachmentError::Read { path: path.to_owned(), source }),
    }
}

/// Replaces a file whole, on disk before this returns.
fn write(folder: &Path, path: &Path, text: &[u8]) -> Result<(), AttachmentError> {
    let beside = path.with_extension("new");
    let replace = || {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(SECRET).open(&beside)?;
        file.write_all(text)?;
        give_to_owner_of(folder, &beside)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync(folder)
    };
    replace().map_err(|source| AttachmentError::Write { path: path.to_owned(), source })
}

/// Whoever attaches is often root; the connector that reads the file is the folder's owner.
fn give_to_owner_of(folder: &Path, path: &Path) -> io::Result<()> {
    let owner = fs::metadata(folder)?;
    let file = fs::metadata(path)?;
    if (owner.uid(), owner.gid()) == (file.uid(), file.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_attachment_and_its_key_are_kept_and_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Attachment::load(folder.path()).expect("readable"), None);
        assert!(load_key(folder.path()).expect("readable").is_none());

        let key = load_or_make_key(folder.path(), &[7; 32].into()).expect("written");
        attachment().save(folder.path()).expect("written");
        assert_eq!(Attachment::load(folder.path()).expect("readable"), Some(attachment()));
        let again = load_or_make_key(folder.path(), &[8; 32].into()).expect("readable");
        assert_eq!(again.public(), key.public(), "a key that is there is kept");
        for name in [ATTACHMENT_FILE, KEY_FILE] {
            let mode = fs::metadata(folder.path().join(name)).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, SECRET, "{name}");
        }

        forget(folder.path()).expect("forgotten");
        forget(folder.path()).expect("forgotten already");
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        load_or_make_key(folder.path(), &[7; 32].into()).expect("written");
        let path = folder.path().join(KEY_FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
        let refused = load_key(folder.path()).expect_err("exposed");
        assert!(matches!(refused, AttachmentError::Exposed { mode: 0o640, .. }), "{refused}");
    }

    #[test]
    fn a_damaged_file_is_named_and_its_content_is_not_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), &folder.path().join(KEY_FILE), b"half a secret").expect("written");
        let refused = load_key(folder.path()).expect_err("damaged").to_string();
        assert!(refused.contains(KEY_FILE) && !refused.contains("half"), "{refused}");
        write(folder.path(), &folder.path().join(ATTACHMENT_FILE), b"{\"console_url\":7}").expect("written");
        let refused = Attachment::load(folder.path()).expect_err("damaged").to_string();
        assert!(refused.contains(ATTACHMENT_FILE), "{refused}");
    }

    fn attachment() -> Attachment {
        Attachment {
            console_url: "https://console.example".parse().expect("a URL"),
            console: ConsoleId(Uuid::from_bytes([3; 16])),
            console_key: LinkKey::from_seed(&[2; 32]).public(),
            tenant: TenantId(Uuid::from_bytes([1; 16])),
            site: SiteId(Uuid::from_bytes([2; 16])),
            site_name: "Delft".into(),
            attached_at: Timestamp(1_579_621_423_007),
        }
    }
}
