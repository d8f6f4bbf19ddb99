//! Join tokens: of the secret only a hash is kept.

use action::{DeviceId, Timestamp};
use database::{DbError, Statement, Transaction, args};

use super::Store;

/// A join token, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredToken {
    /// The token's id.
    pub(crate) id: String,
    /// SHA-256 of its secret, hexadecimal.
    pub(crate) secret_sha256: String,
    /// How many devices may still use it.
    pub(crate) uses_left: u32,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// The id of the collection that its devices become direct members of.
    pub(crate) collection: Option<String>,
    /// Whether its devices wait for approval.
    pub(crate) approval: bool,
    /// The device that it is for, where it is for one that has lost its key.
    pub(crate) device: Option<DeviceId>,
}

const ONE: Statement = Statement::both(
    "SELECT id, secret_sha256, uses_left, expires, collection, approval, device FROM join_token WHERE id = $1",
);
const VALID: Statement = Statement::both(
    "SELECT id, secret_sha256, uses_left, expires, collection, approval, device FROM join_token WHERE uses_left > 0 AND expires > $1 \
     ORDER BY expires, id LIMIT 1000",
);
const PUT: Statement = Statement::both(
    "INSERT INTO join_token (id, secret_sha256, uses_left, expires, collection, approval, device) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const USE: Statement = Statement::both(
    "UPDATE join_token SET uses_left = uses_left - 1 WHERE id = $1 AND uses_left > 0 AND expires > $2",
);
const END: Statement = Statement::both("UPDATE join_token SET uses_left = 0 WHERE id = $1 AND uses_left > 0");

impl Store {
    /// Returns the token with that id, valid or not.
    pub(crate) async fn join_token(&self, id: &str) -> Result<Option<StoredToken>, DbError> {
        self.db.row(&ONE, args![id]).await?.map(|row| token(&row)).transpose()
    }

    /// Returns the tokens that are valid at `now`, at most 1,000.
    pub(crate) async fn join_tokens(&self, now: Timestamp) -> Result<Vec<StoredToken>, DbError> {
        self.db.rows(&VALID, args![now.0]).await?.iter().map(token).collect()
    }

    /// Stores a new token.
    pub(crate) async fn put_join_token(change: &mut Transaction, token: &StoredToken) -> Result<(), DbError> {
        let StoredToken { id, secret_sha256, uses_left, expires, collection, approval, device } = token;
        let (id, secret) = (id.as_str(), secret_sha256.as_str());
        let device = device.map(|device| device.to_string());
        let arguments = args![id, secret, *uses_left, expires.0, collection.clone(), *approval, device];
        change.execute(&PUT, arguments).await?;
        Ok(())
    }

    /// Takes one use of a token; returns whether there was one to take.
    pub(crate) async fn use_join_token(
        change: &mut Transaction,
        id: &str,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        Ok(change.execute(&USE, args![id, now.0]).await? > 0)
    }

    /// Ends a token; returns whether it was valid.
    pub(crate) async fn end_join_token(change: &mut Transaction, id: &str) -> Result<bool, DbError> {
        Ok(change.execute(&END, args![id]).await? > 0)
    }
}

fn token(row: &database::Row) -> Result<StoredToken, DbError> {
    Ok(StoredToken {
        id: row.text("id")?.to_owned(),
        secret_sha256: row.text("secret_sha256")?.to_owned(),
        uses_left: u32::try_from(row.unsigned("uses_left")?).unwrap_or(u32::MAX),
        expires: Timestamp(row.int("expires")?),
        collection: row.opt_text("collection")?.map(str::to_owned),
        approval: row.flag("approval")?,
        device: row.opt_text("device")?.and_then(|text| text.parse().ok()),
    })
}
