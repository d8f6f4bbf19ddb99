//! Identity providers that the owner pinned: what is pinned, and the keys that they had when they were last asked.

use authority_link::IssuerPin;
use database::{DbError, Statement, Transaction, args};

use super::{Store, devices::json};

/// An issuer, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredIssuer {
    /// What is pinned.
    pub(crate) pin: IssuerPin,
    /// Its keys (`issuer::KeyRing`).
    pub(crate) keys: String,
}

const ALL: Statement = Statement::both("SELECT pin, keys FROM issuer ORDER BY issuer");
const PUT: Statement = Statement::both(
    "INSERT INTO issuer (issuer, pin, keys) VALUES ($1, $2, $3) \
     ON CONFLICT (issuer) DO UPDATE SET pin = excluded.pin, keys = excluded.keys",
);
const PUT_KEYS: Statement = Statement::both("UPDATE issuer SET keys = $2 WHERE issuer = $1");
const REMOVE: Statement = Statement::both("DELETE FROM issuer WHERE issuer = $1");

impl Store {
    /// Returns the issuers.
    pub(crate) async fn issuers(&self) -> Result<Vec<StoredIssuer>, DbError> {
        let rows = self.db.rows(&ALL, args![]).await?;
        rows.iter()
            .map(|row| Ok(StoredIssuer { pin: row.json("pin")?, keys: row.text("keys")?.to_owned() }))
            .collect()
    }

    /// Stores an issuer.
    pub(crate) async fn put_issuer(change: &mut Transaction, issuer: &StoredIssuer) -> Result<(), DbError> {
        let StoredIssuer { pin, keys } = issuer;
        change.execute(&PUT, args![pin.issuer.as_str(), json(pin), keys.as_str()]).await?;
        Ok(())
    }

    /// Stores the keys of an issuer.
    pub(crate) async fn put_issuer_keys(
        change: &mut Transaction,
        issuer: &str,
        keys: &str,
    ) -> Result<(), DbError> {
        change.execute(&PUT_KEYS, args![issuer, keys]).await?;
        Ok(())
    }

    /// Removes an issuer; returns whether it was there.
    pub(crate) async fn remove_issuer(change: &mut Transaction, issuer: &str) -> Result<bool, DbError> {
        Ok(change.execute(&REMOVE, args![issuer]).await? > 0)
    }
}
