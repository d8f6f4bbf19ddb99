//! The site's keys, made at the first start and kept in the authority's folder.

use action::SiteId;
use proof::{Hash, SigningKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ca::Ca,
    folder::{Folder, FolderError},
};

/// What the site is, and the keys by which it is known.
pub(crate) struct SiteKeys {
    /// The site.
    pub(crate) site: SiteId,
    /// Its name.
    pub(crate) name: String,
    /// Signs the trust document.
    pub(crate) root: SigningKey,
    /// Signs pushes and the site's time.
    pub(crate) task: SigningKey,
    /// Signs manifests.
    pub(crate) policy: SigningKey,
    /// Issues certificates.
    pub(crate) ca: Ca,
}

#[derive(Serialize, Deserialize)]
struct SiteFile {
    site: SiteId,
}

const SITE: &str = "site.json";

impl SiteKeys {
    /// Reads the keys; makes those that are not there. `name` may change between starts, the site's id never.
    pub(crate) fn load_or_make(folder: &Folder, name: &str) -> Result<Self, FolderError> {
        let site = match folder.read(SITE)? {
            Some(content) => {
                let file: SiteFile = serde_json::from_slice(&content).map_err(|_| FolderError::Content {
                    path: folder.path(SITE),
                    expected: "the site's id",
                })?;
                file.site
            }
            None => {
                let site = SiteId(service::dice::uuid());
                // A structure of one text can always be written.
                folder.write(SITE, &serde_json::to_vec(&SiteFile { site }).unwrap_or_default())?;
                site
            }
        };
        Ok(Self {
            site,
            name: name.to_owned(),
            root: key(folder, "root.key")?,
            task: key(folder, "task.key")?,
            policy: key(folder, "policy.key")?,
            ca: Ca::load_or_make(folder, site)?,
        })
    }

    /// Returns the hash of the root key, as join tokens carry it.
    pub(crate) fn root_hash(&self) -> Hash {
        self.root.verifying().hash()
    }
}

impl std::fmt::Debug for SiteKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SiteKeys").field("site", &self.site).finish_non_exhaustive()
    }
}

/// Reads a key's seed, or makes one.
fn key(folder: &Folder, name: &str) -> Result<SigningKey, FolderError> {
    if let Some(content) = folder.read(name)? {
        let content = Zeroizing::new(content);
        let seed: [u8; 32] = content[..]
            .try_into()
            .map_err(|_| FolderError::Content { path: folder.path(name), expected: "a key of 32 bytes" })?;
        return Ok(SigningKey::from_seed(seed));
    }
    let seed = Zeroizing::new(service::dice::bytes::<32>());
    folder.write(name, &*seed)?;
    Ok(SigningKey::from_seed(*seed))
}
