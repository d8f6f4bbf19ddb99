//! The keys with which this person signs: one for each site, in a file that only its owner may read.

use std::path::{Path, PathBuf};

use action::{ConsoleId, SiteId, TenantId, Timestamp, UserId};
use anyhow::Context as _;
use console_api::Signer;
use proof::{Level, PersonSigningKey, Request, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::{
    exit::{self, Stop},
    files,
};

/// The keys of this person.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Keys {
    keys: Vec<Key>,
    #[serde(skip)]
    path: PathBuf,
}

/// A key that a site knows.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    /// The site.
    pub(crate) site: SiteId,
    /// The tenant.
    pub(crate) tenant: TenantId,
    /// The console.
    pub(crate) console: ConsoleId,
    /// The person.
    pub(crate) user: UserId,
    /// The key's level.
    pub(crate) level: Level,
    /// The secret number, hexadecimal.
    pub(crate) secret: String,
    /// The site's root key, as it was when the key was paired; none where a provider's token binds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<VerifyingKey>,
    /// The provider's issuer and the SHA-256 of its token; none where the site has paired the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<(String, String)>,
    /// When the key ends.
    pub(crate) expires: Timestamp,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("site", &self.site).field("level", &self.level).finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads the keys beside the session.
    pub(crate) fn read() -> anyhow::Result<Self> {
        Self::read_in(&files::configuration_folder()?)
    }

    /// Reads the keys in a folder; there are none where it holds no file of them.
    pub(crate) fn read_in(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("keys.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { keys: Vec::new(), path });
            }
            Err(error) => return Err(error).with_context(|| format!("failed to read {}", path.display())),
        };
        let keys: Self = serde_json::from_str(&text)
            .with_context(|| format!("failed to read {}: pair again with `tenon pair`", path.display()))?;
        Ok(Self { path, ..keys })
    }

    /// Keeps a key in place of the one before for the same site, person and level.
    pub(crate) fn keep(&mut self, key: Key) -> anyhow::Result<()> {
        let same = |known: &Key| {
            (known.site, known.console, known.user, known.level)
                == (key.site, key.console, key.user, key.level)
        };
        self.keys.retain(|known| !same(known));
        self.keys.push(key);
        self.write()
    }

    fn write(&self) -> anyhow::Result<()> {
        if let Some(folder) = self.path.parent() {
            files::private_folder(folder)?;
        }
        files::write_private(&self.path, &serde_json::to_vec_pretty(self)?)
    }

    /// Forgets the keys that a provider's token has bound to a person, and returns them.
    pub(crate) fn take_bound(&mut self, tenant: TenantId, user: UserId) -> anyhow::Result<Vec<Key>> {
        let taken = |key: &Key| key.token.is_some() && (key.tenant, key.user) == (tenant, user);
        let (bound, kept) = std::mem::take(&mut self.keys).into_iter().partition(taken);
        self.keys = kept;
        self.write()?;
        Ok(bound)
    }

    /// Returns the native key of a person at a site, and of the only person who has one there where nobody is named.
    pub(crate) fn of_site(
        &self,
        site: SiteId,
        user: Option<UserId>,
        now: Timestamp,
    ) -> anyhow::Result<Signer> {
        let fitting = self.keys.iter().filter(|key| {
            key.site == site
                && key.level == Level::Native
                && now < key.expires
                && user.is_none_or(|user| key.user == user)
        });
        let fitting: Vec<_> = fitting.collect();
        match fitting[..] {
            [key] => key.signer(),
            [] => Err(Stop::error(
                exit::REFUSED,
                format!("{} holds no native key for the site {site}", self.path.display()),
                "pair one (`tenon site pair`, then `tenon pair`), sign in with `tenon login`, or name the folder of yours with --keys",
            )),
            _ => Err(Stop::error(
                exit::USAGE,
                format!("{} holds the keys of several people for the site {site}", self.path.display()),
                "say whose with --user",
            )),
        }
    }

    /// Returns the key for a request that was drafted: that of its site, console and person, of the highest level.
    pub(crate) fn signer(&self, draft: &Request, now: Timestamp) -> anyhow::Result<Option<Signer>> {
        let fitting = self.keys.iter().filter(|key| {
            (key.site, key.tenant, key.console, key.user)
                == (draft.site, draft.tenant, draft.console, draft.sub)
                && now < key.expires
        });
        fitting.max_by_key(|key| key.level).map(Key::signer).transpose()
    }
}

impl Key {
    /// Returns what signs with it.
    pub(crate) fn signer(&self) -> anyhow::Result<Signer> {
        let secret: Option<[u8; 32]> = self.secret.parse::<proof::Hash>().ok().map(|number| number.0);
        let key = secret.and_then(|secret| PersonSigningKey::from_secret(&secret).ok());
        let key = key.context("the key of the site is damaged: pair again with `tenon pair`")?;
        let Self { site, tenant, console, user, level, .. } = *self;
        Ok(Signer { key, level, user, tenant, site, console, token: self.token.clone() })
    }
}
