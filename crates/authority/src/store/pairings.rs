//! Pairing codes. Their secret is kept, for both messages of a pairing are made with it; it is gone with the code.

use action::{Timestamp, UserId};
use authority_link::ServiceKey;
use database::{DbError, Statement, Transaction, args};
use proof::{Level, join_token::Secret};

use super::{Store, devices::json};

/// A pairing code, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredPairing {
    /// The code's id.
    pub(crate) id: String,
    /// Its secret.
    pub(crate) secret: Secret,
    /// Whom it is for.
    pub(crate) person: UserId,
    /// Their name.
    pub(crate) person_name: String,
    /// The level that the key gets.
    pub(crate) level: Level,
    /// What the key may ask for, and no more.
    pub(crate) service: Option<ServiceKey>,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// How many messages came that were not made with it.
    pub(crate) failures: u32,
}

const ONE: Statement = Statement::both(
    "SELECT id, secret, person, person_name, level, service, expires, failures FROM pairing WHERE id = $1",
);
const PUT: Statement = Statement::both(
    "INSERT INTO pairing (id, secret, person, person_name, level, service, expires, failures) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
);
const FAIL: Statement = Statement::both("UPDATE pairing SET failures = failures + 1 WHERE id = $1");
const END: Statement = Statement::both("DELETE FROM pairing WHERE id = $1");
const FORGET: Statement = Statement::both("DELETE FROM pairing WHERE expires < $1");

impl Store {
    /// Returns the code with that id; none where it was used, or ended.
    pub(crate) async fn pairing(&self, id: &str) -> Result<Option<StoredPairing>, DbError> {
        let row = self.db.row(&ONE, args![id]).await?;
        row.map(|row| {
            Ok(StoredPairing {
                id: row.text("id")?.to_owned(),
                // A secret that cannot be read is no one's: whoever has the code is refused.
                secret: Secret::from_text(row.text("secret")?).unwrap_or(Secret(service::dice::bytes())),
                person: row.parsed("person")?,
                person_name: row.text("person_name")?.to_owned(),
                level: row.parsed("level")?,
                service: row.opt_text("service")?.map(|_| row.json("service")).transpose()?,
                expires: Timestamp(row.int("expires")?),
                failures: u32::try_from(row.unsigned("failures")?).unwrap_or(u32::MAX),
            })
        })
        .transpose()
    }

    /// Stores a new code.
    pub(crate) async fn put_pairing(change: &mut Transaction, stored: &StoredPairing) -> Result<(), DbError> {
        let arguments = args![
            stored.id.as_str(),
            stored.secret.text(),
            stored.person.to_string(),
            stored.person_name.as_str(),
            stored.level.name(),
            stored.service.as_ref().map(json),
            stored.expires.0,
        ];
        change.execute(&PUT, arguments).await.map(|_| ())
    }

    /// Counts a message that was not made with the code.
    pub(crate) async fn fail_pairing(change: &mut Transaction, id: &str) -> Result<(), DbError> {
        change.execute(&FAIL, args![id]).await.map(|_| ())
    }

    /// Ends a code; returns whether it was there.
    pub(crate) async fn end_pairing(change: &mut Transaction, id: &str) -> Result<bool, DbError> {
        Ok(change.execute(&END, args![id]).await? > 0)
    }

    /// Forgets codes that ended before `from`.
    pub(crate) async fn forget_pairings(&self, from: Timestamp) -> Result<u64, DbError> {
        self.db.write(&FORGET, args![from.0]).await
    }
}
