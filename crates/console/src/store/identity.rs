//! Who this console is, and whether it has its first administrator.

use action::{ConsoleId, Timestamp};
use database::{DbError, Statement, args};

use super::Store;

/// Who a console is.
#[derive(Clone)]
pub(crate) struct Identity {
    /// The console.
    pub(crate) console: ConsoleId,
    /// The seed of its link key.
    pub(crate) link_seed: [u8; 32],
    /// When it was made.
    pub(crate) created: Timestamp,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("console", &self.console).finish_non_exhaustive()
    }
}

const KEEP: Statement = Statement::both(
    "INSERT INTO console (one, id, created, link_seed) VALUES (1, $1, $2, $3) ON CONFLICT (one) DO NOTHING",
);
const READ: Statement = Statement::both("SELECT id, created, link_seed FROM console");
const SET_UP: Statement = Statement::both("SELECT 1 AS one FROM person LIMIT 1");
const PUT_SETUP_CODE: Statement = Statement::both("UPDATE console SET setup_code = $1");
const SETUP_CODE: Statement = Statement::both("SELECT setup_code FROM console");

impl Store {
    pub(super) async fn keep_identity(&self, fresh: &Identity) -> Result<(), DbError> {
        let seed = hex::encode(fresh.link_seed);
        self.db.write(&KEEP, args![fresh.console.to_string(), fresh.created.0, seed]).await?;
        Ok(())
    }

    /// Returns who this console is.
    pub(crate) async fn identity(&self) -> Result<Identity, DbError> {
        let row = self.db.row(&READ, args![]).await?;
        let row = row.ok_or_else(|| DbError::Column {
            column: "id".to_owned(),
            wanted: "the console's identity",
            found: "no row".to_owned(),
        })?;
        let mut link_seed = [0; 32];
        hex::decode_to_slice(row.text("link_seed")?, &mut link_seed).map_err(|_| DbError::Column {
            column: "link_seed".to_owned(),
            wanted: "32 bytes in hexadecimal",
            found: "another text".to_owned(),
        })?;
        Ok(Identity { console: row.parsed("id")?, link_seed, created: Timestamp(row.int("created")?) })
    }

    /// Returns whether anybody has an account.
    pub(crate) async fn is_set_up(&self) -> Result<bool, DbError> {
        Ok(self.db.row(&SET_UP, args![]).await?.is_some())
    }

    /// Keeps the hash of the one-time code for the first administrator, in place of an older one.
    pub(crate) async fn put_setup_code(&self, hash: &str) -> Result<(), DbError> {
        self.db.write(&PUT_SETUP_CODE, args![hash]).await.map(|_| ())
    }

    /// Returns the hash of the one-time code, where there is one.
    pub(crate) async fn setup_code(&self) -> Result<Option<String>, DbError> {
        match self.db.row(&SETUP_CODE, args![]).await? {
            Some(row) => Ok(row.opt_text("setup_code")?.map(str::to_owned)),
            None => Ok(None),
        }
    }
}
