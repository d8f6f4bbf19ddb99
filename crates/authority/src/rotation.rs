//! Replaces keys of the site. What was signed with the old one is believed until the overlap ends: the trust document names
//! both, and a new root key is vouched for by the old one.
//!
//! Each step is on disk before the next, in an order in which a start that finds half of them goes on: the old public half
//! first, the new key last.

use action::Timestamp;
use authority_link::{SiteKey, SiteKeyEntry};
use proof::{Hash, SigningKey, TrustDocument, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ca::Ca,
    folder::{Folder, FolderError},
    keys::SiteKeys,
};

const FORMER: &str = "former-keys.json";
const FORMER_ROOT: &str = "root.old.key";

/// What was replaced, each with the end of its overlap.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Former {
    task: Vec<FormerKey>,
    policy: Vec<FormerKey>,
    ca: Vec<FormerCa>,
    root: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FormerKey {
    key: VerifyingKey,
    until: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FormerCa {
    pem: String,
    until: Timestamp,
}

/// Why a key is not replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRotated {
    /// A trust document has room for two root keys.
    #[error("the root key before this one is believed until {until}")]
    RootAlready {
        /// When its overlap ends.
        until: Timestamp,
    },
    /// The folder fails.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl Former {
    /// Reads what was replaced.
    pub(crate) fn load(folder: &Folder) -> Result<Self, FolderError> {
        let Some(content) = folder.read(FORMER)? else { return Ok(Self::default()) };
        let damaged = |_| FolderError::Content { path: folder.path(FORMER), expected: "the keys before" };
        serde_json::from_slice(&content).map_err(damaged)
    }

    fn store(&self, folder: &Folder) -> Result<(), FolderError> {
        folder.write_json(FORMER, self)
    }

    /// Forgets what is no longer believed.
    fn forget(&mut self, now: Timestamp) {
        self.task.retain(|former| former.until > now);
        self.policy.retain(|former| former.until > now);
        self.ca.retain(|former| former.until > now);
        self.root = self.root.filter(|until| *until > now);
    }
}

/// Reads the root key that was replaced.
pub(crate) fn former_root(folder: &Folder) -> Result<Option<SigningKey>, FolderError> {
    let Some(content) = folder.read(FORMER_ROOT)? else { return Ok(None) };
    let content = Zeroizing::new(content);
    let seed = content[..].try_into().map_err(|_| FolderError::Content {
        path: folder.path(FORMER_ROOT),
        expected: "a key of 32 bytes",
    })?;
    Ok(Some(SigningKey::from_seed(*Zeroizing::new(seed))))
}

impl SiteKeys {
    /// Replaces a key; the old one is believed until `until`.
    pub(crate) fn rotate(
        &mut self,
        folder: &Folder,
        key: SiteKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), NotRotated> {
        let mut former = self.former.clone();
        former.forget(now);
        match key {
            SiteKey::Task => former.task.push(FormerKey { key: self.task.verifying(), until }),
            SiteKey::Policy => former.policy.push(FormerKey { key: self.policy.verifying(), until }),
            SiteKey::Ca => former.ca.push(FormerCa { pem: self.ca.pem.clone(), until }),
            SiteKey::Root => {
                if let Some(until) = former.root {
                    return Err(NotRotated::RootAlready { until });
                }
                if let Some(old) = folder.read("root.key")?.map(Zeroizing::new) {
                    folder.write(FORMER_ROOT, &old)?;
                }
                former.root = Some(until);
            }
        }
        former.store(folder)?;
        self.former = former;
        match key {
            SiteKey::Task => self.task = replaced(folder, "task.key")?,
            SiteKey::Policy => self.policy = replaced(folder, "policy.key")?,
            SiteKey::Ca => self.ca = Ca::replace(folder, self.site)?,
            SiteKey::Root => {
                self.root = replaced(folder, "root.key")?;
                self.former_root = former_root(folder)?;
            }
        }
        Ok(())
    }

    /// Returns the keys that tasks are believed by, the one in use first.
    pub(crate) fn task_keys(&self, now: Timestamp) -> Vec<VerifyingKey> {
        believed(self.task.verifying(), &self.former.task, now)
    }

    /// Returns the keys that manifests are believed by, the one in use first.
    pub(crate) fn policy_keys(&self, now: Timestamp) -> Vec<VerifyingKey> {
        believed(self.policy.verifying(), &self.former.policy, now)
    }

    /// Returns the certificates of the CAs that are believed, PEM, the one in use first.
    pub(crate) fn ca_pem(&self, now: Timestamp) -> String {
        let mut all = self.ca.pem.clone();
        for former in self.former.ca.iter().filter(|former| former.until > now && former.pem != self.ca.pem) {
            all.push_str(&former.pem);
        }
        all
    }

    /// Signs a trust document with the root key, and with the one before where devices may know only that.
    pub(crate) fn sign_trust(&self, document: &TrustDocument, now: Timestamp) -> String {
        let former = self.former_root.as_ref().filter(|_| self.former.root.is_some_and(|until| until > now));
        match former.filter(|former| former.id() != self.root.id()) {
            Some(former) => document.sign_rotation(former, &self.root),
            None => document.sign(&self.root),
        }
    }

    /// Lists the keys that are believed.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<SiteKeyEntry> {
        let entry = |key, sha256: Hash, until| SiteKeyEntry { key, sha256: sha256.hex(), until };
        let mut all = vec![
            entry(SiteKey::Task, self.task.verifying().hash(), None),
            entry(SiteKey::Policy, self.policy.verifying().hash(), None),
            entry(SiteKey::Ca, Hash::of(self.ca.pem.as_bytes()), None),
            entry(SiteKey::Root, self.root_hash(), None),
        ];
        let mut former = self.former.clone();
        former.forget(now);
        let of = |key| move |one: &FormerKey| entry(key, one.key.hash(), Some(one.until));
        all.extend(former.task.iter().map(of(SiteKey::Task)));
        all.extend(former.policy.iter().map(of(SiteKey::Policy)));
        let ca = |one: &FormerCa| entry(SiteKey::Ca, Hash::of(one.pem.as_bytes()), Some(one.until));
        all.extend(former.ca.iter().map(ca));
        if let (Some(key), Some(until)) = (&self.former_root, former.root) {
            all.push(entry(SiteKey::Root, key.verifying().hash(), Some(until)));
        }
        all
    }
}

fn replaced(folder: &Folder, name: &str) -> Result<SigningKey, FolderError> {
    let seed = Zeroizing::new(service::dice::bytes::<32>());
    folder.write(name, &*seed)?;
    Ok(SigningKey::from_seed(*seed))
}

fn believed(current: VerifyingKey, former: &[FormerKey], now: Timestamp) -> Vec<VerifyingKey> {
    let former = former.iter().filter(|former| former.until > now && former.key != current);
    std::iter::once(current).chain(former.map(|former| former.key)).collect()
}
