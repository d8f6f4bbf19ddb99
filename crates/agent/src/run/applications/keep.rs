//! What the agent keeps of applications between runs: the last manifest, the documents, and a small state.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use management_link::{Answer, Call, path};
use proof::{Hash, Manifest};
use serde::{Deserialize, Serialize};

use crate::{
    keep,
    management::{ManagementError, Session},
};

const FOLDER: &str = "applications";
const MANIFEST: &str = "manifest";
const STATE: &str = "state.json";

/// Why something is not there or could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeepError {
    #[error("failed to download an application's document")]
    Download(#[from] ManagementError),
    #[error("the document that came for {0} has another hash")]
    OtherHash(Hash),
    #[error("the document {0} is no text")]
    NotText(Hash),
    #[error("failed to {attempt} {}", path.display())]
    File { attempt: &'static str, path: PathBuf, source: io::Error },
}

/// What a run must know of those before it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// The highest generation of a manifest that was taken. Counted apart from that of policy, whose last good manifest
    /// stays usable however much newer this one is.
    pub(super) generation: u64,
    /// The applications that somebody has asked for, and that are not installed yet.
    pub(super) requested: BTreeSet<String>,
    /// The applications that wait for a restart, with the boot in which they were installed.
    pub(super) restart: BTreeMap<String, String>,
}

/// The folder of all this.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    folder: PathBuf,
}

impl Kept {
    pub(super) fn new(agent_folder: &Path) -> Result<Self, KeepError> {
        let folder = agent_folder.join(FOLDER);
        keep::private_folder(&folder).map_err(failed("make the folder", &folder))?;
        Ok(Self { folder })
    }

    /// Returns the state; that of a device that has never run any where it cannot be read.
    pub(super) fn state(&self) -> State {
        let text = keep::read(&self.folder.join(STATE)).ok().flatten();
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    pub(super) fn put_state(&self, state: &State) -> Result<(), KeepError> {
        let path = self.folder.join(STATE);
        let text = serde_json::to_vec(state).map_err(io::Error::from);
        text.and_then(|text| keep::write(&path, &text)).map_err(failed("write", &path))
    }

    pub(super) fn manifest(&self) -> Option<String> {
        keep::read(&self.folder.join(MANIFEST)).ok().flatten()
    }

    pub(super) fn put_manifest(&self, text: &str) -> Result<(), KeepError> {
        let path = self.folder.join(MANIFEST);
        keep::write(&path, text.as_bytes()).map_err(failed("write", &path))
    }

    /// Returns a document that is on disk, if its hash still fits.
    pub(super) fn document(&self, sha256: Hash) -> Option<String> {
        let text = keep::read(&self.folder.join(sha256.hex())).ok().flatten()?;
        (Hash::of(text.as_bytes()) == sha256).then_some(text)
    }

    /// Fetches a document.
    pub(super) async fn fetch(&self, sha256: Hash, session: &mut Session) -> Result<String, KeepError> {
        let bytes = match session.call(&Call::Document { sha256: sha256.0 }).await? {
            Answer::Document(bytes) => bytes,
            _ => return Err(ManagementError::Mixed(path::DOCUMENT).into()),
        };
        if Hash::of(&bytes) != sha256 {
            return Err(KeepError::OtherHash(sha256));
        }
        let path = self.folder.join(sha256.hex());
        keep::write(&path, &bytes).map_err(failed("write", &path))?;
        String::from_utf8(bytes).map_err(|_| KeepError::NotText(sha256))
    }

    /// Removes the documents that the manifest does not name.
    pub(super) fn forget_others(&self, manifest: &Manifest) -> Result<(), KeepError> {
        let named: BTreeSet<String> = manifest.applications.iter().map(|one| one.sha256.hex()).collect();
        let entries = fs::read_dir(&self.folder).map_err(failed("read", &self.folder))?;
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != MANIFEST && name != STATE && !named.contains(&name) {
                let path = entry.path();
                keep::remove(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(())
    }
}

fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeepError {
    let path = path.to_owned();
    move |source| KeepError::File { attempt, path, source }
}
