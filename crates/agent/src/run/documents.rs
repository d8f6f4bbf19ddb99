//! The policy documents of a manifest: fetched by their hash, kept on disk, believed only if the hash fits.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use management_link::{Answer, Call, path};
use proof::{Hash, Manifest};

use crate::{
    keep,
    management::{ManagementError, Session},
};

const FOLDER: &str = "policy";
const MANIFEST: &str = "manifest";

/// Why a document is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentsError {
    #[error("failed to download a policy document")]
    Download(#[from] ManagementError),
    #[error("the document that came for {0} has another hash")]
    OtherHash(Hash),
    #[error("the document {0} is no text")]
    NotText(Hash),
    #[error("failed to {attempt} {}", path.display())]
    File { attempt: &'static str, path: PathBuf, source: io::Error },
}

/// The folder of the documents.
#[derive(Clone, Debug)]
pub(super) struct Documents {
    folder: PathBuf,
}

impl Documents {
    pub(super) fn new(agent_folder: &Path) -> Result<Self, DocumentsError> {
        let folder = agent_folder.join(FOLDER);
        keep::private_folder(&folder).map_err(failed("make the folder", &folder))?;
        Ok(Self { folder })
    }

    /// Keeps the manifest that was applied last, for the time when the site is away.
    pub(super) fn put_manifest(&self, text: &str) -> Result<(), DocumentsError> {
        let path = self.folder.join(MANIFEST);
        if keep::read(&path).ok().flatten().as_deref() == Some(text) {
            return Ok(());
        }
        keep::write(&path, text.as_bytes()).map_err(failed("write", &path))
    }

    /// Returns the manifest that was applied last.
    pub(super) fn manifest(&self) -> Option<String> {
        keep::read(&self.folder.join(MANIFEST)).ok().flatten()
    }

    /// Returns a document that is on disk, if its hash still fits.
    pub(super) fn kept(&self, sha256: Hash) -> Option<String> {
        let text = keep::read(&self.path(sha256)).ok().flatten()?;
        (Hash::of(text.as_bytes()) == sha256).then_some(text)
    }

    /// Fetches a document.
    pub(super) async fn fetch(&self, sha256: Hash, session: &mut Session) -> Result<String, DocumentsError> {
        let bytes = match session.call(&Call::Document { sha256: sha256.0 }).await? {
            Answer::Document(bytes) => bytes,
            _ => return Err(ManagementError::Mixed(path::DOCUMENT).into()),
        };
        if Hash::of(&bytes) != sha256 {
            return Err(DocumentsError::OtherHash(sha256));
        }
        let path = self.path(sha256);
        keep::write(&path, &bytes).map_err(failed("write", &path))?;
        String::from_utf8(bytes).map_err(|_| DocumentsError::NotText(sha256))
    }

    /// Removes the documents that the manifest does not name.
    pub(super) fn forget_others(&self, manifest: &Manifest) -> Result<(), DocumentsError> {
        let named: BTreeSet<String> = manifest.policies.iter().map(|policy| policy.sha256.hex()).collect();
        let entries = fs::read_dir(&self.folder).map_err(failed("read", &self.folder))?;
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != MANIFEST && !named.contains(&name) {
                let path = entry.path();
                keep::remove(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(())
    }

    fn path(&self, sha256: Hash) -> PathBuf {
        self.folder.join(sha256.hex())
    }
}

fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DocumentsError {
    let path = path.to_owned();
    move |source| DocumentsError::File { attempt, path, source }
}
