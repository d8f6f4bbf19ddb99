//! The site's keys, made at the first start and kept in the authority's folder.

use action::SiteId;
use aws_lc_rs::hmac;
use proof::{Hash, NonceKey, SigningKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ca::Ca,
    folder::{Folder, FolderError},
    rotation::{Former, former_root},
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
    /// What was replaced, and is believed for a while.
    pub(super) former: Former,
    /// The root key that was replaced: what it leads to must go on being signed by it.
    pub(super) former_root: Option<SigningKey>,
    /// From it come the secrets of TLS tickets.
    pub(crate) tickets: TicketSecret,
    /// The site's nonces are made with it.
    pub(crate) nonce: NonceKey,
}

#[derive(Serialize, Deserialize)]
struct SiteFile {
    site: SiteId,
}

const SITE: &str = "site.json";

impl SiteKeys {
    /// Reads the keys, or makes them where there is no site yet. `name` may change between starts, the site's id never.
    ///
    /// The site's id is written last: where it is there, all keys are, and one that is missing is lost and not made anew,
    /// for no device would believe it.
    pub(crate) fn load_or_make(folder: &Folder, name: &str) -> Result<Self, FolderError> {
        let known = match folder.read(SITE)? {
            Some(content) => {
                let file: SiteFile = serde_json::from_slice(&content).map_err(|_| FolderError::Content {
                    path: folder.path(SITE),
                    expected: "the site's id",
                })?;
                Some(file.site)
            }
            None => None,
        };
        let missing = if known.is_some() { Missing::IsLost } else { Missing::IsMade };
        let site = known.unwrap_or_else(|| SiteId(service::dice::uuid()));
        let tickets = TicketSecret::load_or_make(folder)?;
        let keys = Self {
            site,
            name: name.to_owned(),
            root: key(folder, "root.key", missing)?,
            task: key(folder, "task.key", missing)?,
            policy: key(folder, "policy.key", missing)?,
            ca: Ca::load_or_make(folder, site, missing)?,
            nonce: tickets.nonce_key(),
            former: Former::load(folder)?,
            former_root: former_root(folder)?,
            tickets,
        };
        if known.is_none() {
            folder.write_json(SITE, &SiteFile { site })?;
        }
        Ok(keys)
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

/// What the secrets of TLS tickets are made from, one for each day.
pub(crate) struct TicketSecret(Zeroizing<[u8; 32]>);

impl TicketSecret {
    const FILE: &str = "ticket.key";

    /// Reads it, or makes it: with another one devices carry out one full handshake more, and nothing else is lost.
    fn load_or_make(folder: &Folder) -> Result<Self, FolderError> {
        let known = folder.read(Self::FILE)?.map(Zeroizing::new);
        if let Some(secret) = known.and_then(|known| known[..].try_into().ok()) {
            return Ok(Self(Zeroizing::new(secret)));
        }
        let secret = Zeroizing::new(service::dice::bytes::<32>());
        folder.write(Self::FILE, &*secret)?;
        Ok(Self(secret))
    }

    /// Returns the secret of a day, counted from 1970.
    pub(crate) fn of_day(&self, day: u64) -> [u8; 32] {
        self.derived(b"tenon ticket secret\0", &day.to_be_bytes())
    }

    /// Returns the key of the site's nonces: with another one, what was signed in the last minutes must be asked again.
    fn nonce_key(&self) -> NonceKey {
        NonceKey(self.derived(b"tenon nonce key\0", &[]))
    }

    fn derived(&self, what: &[u8], of: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*self.0);
        let mut context = hmac::Context::with_key(&key);
        context.update(what);
        context.update(of);
        let mut secret = [0; 32];
        secret.copy_from_slice(context.sign().as_ref());
        secret
    }
}

/// What a key that is not there means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    /// The site is being made.
    IsMade,
    /// The site has had it.
    IsLost,
}

/// Reads a key's seed, or makes one.
fn key(folder: &Folder, name: &str, missing: Missing) -> Result<SigningKey, FolderError> {
    let lost = || FolderError::Content { path: folder.path(name), expected: "a key of 32 bytes" };
    match folder.read(name)? {
        Some(content) => {
            let content = Zeroizing::new(content);
            let seed: Zeroizing<[u8; 32]> = Zeroizing::new(content[..].try_into().map_err(|_| lost())?);
            Ok(SigningKey::from_seed(*seed))
        }
        None if missing == Missing::IsLost => Err(lost()),
        None => {
            let seed = Zeroizing::new(service::dice::bytes::<32>());
            folder.write(name, &*seed)?;
            Ok(SigningKey::from_seed(*seed))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn keys_are_made_once_and_nobody_else_may_read_them() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("authority");
        std::fs::create_dir(&path).expect("a folder");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("open to all");
        let folder = Folder::open(&path).expect("a folder");
        let keys = SiteKeys::load_or_make(&folder, "Delft").expect("keys");
        let again = SiteKeys::load_or_make(&folder, "Leiden").expect("keys");
        assert_eq!((again.site, again.root_hash()), (keys.site, keys.root_hash()));
        assert_eq!((again.task.id(), again.policy.id()), (keys.task.id(), keys.policy.id()));
        assert_eq!((again.ca.pem, again.name.as_str()), (keys.ca.pem, "Leiden"));
        let mode = |path: &std::path::Path| path.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        for file in ["root.key", "task.key", "policy.key", "ca.key"] {
            assert_eq!(mode(&path.join(file)), 0o600, "{file}");
        }
    }

    #[test]
    fn a_key_that_is_lost_is_not_made_anew() {
        for file in ["root.key", "task.key", "policy.key", "ca.key", "ca.pem"] {
            let place = tempfile::tempdir().expect("a folder");
            let folder = Folder::open(place.path()).expect("a folder");
            SiteKeys::load_or_make(&folder, "Delft").expect("keys");
            std::fs::remove_file(folder.path(file)).expect("there");
            let error = SiteKeys::load_or_make(&folder, "Delft").expect_err("lost");
            assert!(error.to_string().contains(file), "{error}");
            folder.write(file, b"short").expect("written");
            let error = SiteKeys::load_or_make(&folder, "Delft").expect_err("damaged");
            assert!(error.to_string().contains(file), "{error}");
        }
    }

    #[test]
    fn ticket_secrets_are_of_one_day_and_outlive_a_restart_but_not_their_file() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("a folder");
        let first = SiteKeys::load_or_make(&folder, "Delft").expect("keys").tickets;
        let again = SiteKeys::load_or_make(&folder, "Delft").expect("keys").tickets;
        assert_eq!(first.of_day(20_000), again.of_day(20_000));
        assert_ne!(first.of_day(20_000), first.of_day(20_001));
        std::fs::remove_file(folder.path("ticket.key")).expect("there");
        let other = SiteKeys::load_or_make(&folder, "Delft").expect("keys").tickets;
        assert_ne!(first.of_day(20_000), other.of_day(20_000));
    }

    #[test]
    fn a_first_start_that_was_cut_short_goes_on() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("a folder");
        let keys = SiteKeys::load_or_make(&folder, "Delft").expect("keys");
        std::fs::remove_file(folder.path(SITE)).expect("there");
        std::fs::remove_file(folder.path("ca.key")).expect("there");
        std::fs::remove_file(folder.path("ca.pem")).expect("there");
        let again = SiteKeys::load_or_make(&folder, "Delft").expect("keys");
        assert_eq!(again.root_hash(), keys.root_hash());
    }
}
