//! What a site's programs remember: the throttle, cursors, the state of the link. A name and a JSON text each.

use std::collections::BTreeMap;

use action::ActionKind;
use database::{DbError, Statement, args};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::SiteStore;

const GET: Statement = Statement::both("SELECT value FROM setting WHERE name = $1");
const PUT: Statement = Statement::both(
    "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value \
     WHERE setting.value <> excluded.value",
);
const FORGET: Statement = Statement::both("DELETE FROM setting WHERE name = $1");

/// The site's throttle, as its owner set it at the notification server: strategy and param.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ThrottleSetting {
    /// For every kind of action that has none of its own.
    pub default: (u32, u32),
    /// For kinds that have, by their numbers.
    #[serde(default)]
    pub by_kind: BTreeMap<u32, (u32, u32)>,
}

impl ThrottleSetting {
    /// The name under which it is kept.
    pub const NAME: &'static str = "throttle";

    /// Returns strategy and param for a kind of action.
    pub fn of(&self, kind: ActionKind) -> (u32, u32) {
        self.by_kind.get(&kind.0).copied().unwrap_or(self.default)
    }
}

impl SiteStore {
    /// Returns a setting.
    ///
    /// # Errors
    ///
    /// Where the database fails, or holds something else than a `T` under that name.
    pub async fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DbError> {
        self.db.row(&GET, args![name]).await?.map(|row| row.json("value")).transpose()
    }

    /// Stores a setting. A commit where it is new or differs.
    ///
    /// # Errors
    ///
    /// Where the database fails, or the value cannot be written as JSON.
    pub async fn put_setting<T: Serialize>(&self, name: &str, value: &T) -> Result<(), DbError> {
        let text = serde_json::to_string(value)
            .map_err(|source| DbError::Set { attempt: format!("store the setting `{name}`"), source })?;
        self.db.write(&PUT, args![name, text]).await.map(|_| ())
    }

    /// Forgets a setting.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn forget_setting(&self, name: &str) -> Result<(), DbError> {
        self.db.write(&FORGET, args![name]).await.map(|_| ())
    }
}
