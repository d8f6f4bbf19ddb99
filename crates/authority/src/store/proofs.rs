//! People's keys, the level of each kind of action, for whom the console may vouch, and the last nonces.

use action::{ActionKind, ConsoleId, TenantId, Timestamp, UserId};
use authority_link::ServiceKey;
use database::{DbError, Row, Statement, Transaction, args};
use proof::{Level, PersonKey, Thumbprint};
use uuid::Uuid;

use super::{Store, devices::json};

/// A person's key, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredKey {
    /// The key.
    pub(crate) key: PersonKey,
    /// Whose it is.
    pub(crate) person: UserId,
    /// Their name.
    pub(crate) person_name: String,
    /// Its level.
    pub(crate) level: Level,
    /// The tenant that its requests are for.
    pub(crate) tenant: TenantId,
    /// The console that its requests are made at.
    pub(crate) console: ConsoleId,
    /// Who proved whose key it is: the provider's issuer; none where the site has paired it.
    pub(crate) issuer: Option<String>,
    /// SHA-256 of the provider's token, hexadecimal; empty where the site has paired it.
    pub(crate) idh: String,
    /// What it may ask for, and no more, where it is a service's.
    pub(crate) service: Option<ServiceKey>,
    /// How the site came to know it.
    pub(crate) how: String,
    /// When that was.
    pub(crate) made_at: Timestamp,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// When it was ended before that.
    pub(crate) ended_at: Option<Timestamp>,
}

/// That the console may vouch for somebody, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredGrant {
    /// The grant's id.
    pub(crate) id: String,
    /// The person.
    pub(crate) person: UserId,
    /// Their name.
    pub(crate) person_name: String,
    /// The API token that they ask with; none: their sessions.
    pub(crate) token: Option<Uuid>,
    /// The id of the collection whose devices may be asked for.
    pub(crate) collection: String,
    /// How many requests within an hour.
    pub(crate) per_hour: u32,
    /// When it ends.
    pub(crate) expires: Timestamp,
}

const KEYS: Statement = Statement::both(
    "SELECT jwk, person, person_name, level, tenant, console, issuer, idh, service, how, made_at, expires, ended_at \
     FROM person_key ORDER BY made_at, jkt",
);
const PUT_KEY: Statement = Statement::both(
    "INSERT INTO person_key (jkt, jwk, person, person_name, level, tenant, console, issuer, idh, service, how, made_at, expires) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
     ON CONFLICT (jkt) DO UPDATE SET person_name = excluded.person_name, idh = excluded.idh, expires = excluded.expires",
);
const END_KEY: Statement =
    Statement::both("UPDATE person_key SET ended_at = $2 WHERE jkt = $1 AND ended_at IS NULL");
const FORGET_KEYS: Statement = Statement::both("DELETE FROM person_key WHERE expires < $1");
const LEVELS: Statement = Statement::both("SELECT kind, level FROM kind_level");
const PUT_LEVEL: Statement = Statement::both(
    "INSERT INTO kind_level (kind, level) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET level = $2",
);
const GRANTS: Statement = Statement::both(
    "SELECT id, person, person_name, token, collection, per_hour, expires FROM vouch_grant ORDER BY expires, id",
);
const PUT_GRANT: Statement = Statement::both(
    "INSERT INTO vouch_grant (id, person, person_name, token, collection, per_hour, expires) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const END_GRANT: Statement = Statement::both("DELETE FROM vouch_grant WHERE id = $1");
const FORGET_GRANTS: Statement = Statement::both("DELETE FROM vouch_grant WHERE expires < $1");
const NONCES: Statement = Statement::both("SELECT at FROM site_nonce ORDER BY at");
const PUT_NONCE: Statement = Statement::both("INSERT INTO site_nonce (at) VALUES ($1)");
const FORGET_NONCES: Statement = Statement::both("DELETE FROM site_nonce WHERE at < $1");

impl Store {
    /// Returns all keys, the oldest first.
    pub(crate) async fn keys(&self) -> Result<Vec<StoredKey>, DbError> {
        self.db.rows(&KEYS, args![]).await?.iter().map(key).collect()
    }

    /// Stores a key; one that is known lives longer, and belongs to whom it did.
    pub(crate) async fn put_key(change: &mut Transaction, stored: &StoredKey) -> Result<(), DbError> {
        let arguments = args![
            stored.key.thumbprint().to_string(),
            stored.key.text(),
            stored.person.to_string(),
            stored.person_name.as_str(),
            stored.level.name(),
            stored.tenant.to_string(),
            stored.console.to_string(),
            stored.issuer.clone(),
            stored.idh.as_str(),
            stored.service.as_ref().map(json),
            stored.how.as_str(),
            stored.made_at.0,
            stored.expires.0,
        ];
        change.execute(&PUT_KEY, arguments).await.map(|_| ())
    }

    /// Ends a key.
    pub(crate) async fn end_key(
        change: &mut Transaction,
        key: Thumbprint,
        now: Timestamp,
    ) -> Result<(), DbError> {
        change.execute(&END_KEY, args![key.to_string(), now.0]).await.map(|_| ())
    }

    /// Returns the levels that were set.
    pub(crate) async fn levels(&self) -> Result<Vec<(ActionKind, Level)>, DbError> {
        let rows = self.db.rows(&LEVELS, args![]).await?;
        let level = |row: &Row| {
            let kind = u32::try_from(row.unsigned("kind")?).unwrap_or(u32::MAX);
            Ok((ActionKind(kind), row.parsed("level")?))
        };
        rows.iter().map(level).collect()
    }

    /// Sets the level of a kind.
    pub(crate) async fn put_level(
        change: &mut Transaction,
        kind: ActionKind,
        level: Level,
    ) -> Result<(), DbError> {
        change.execute(&PUT_LEVEL, args![kind.0, level.name()]).await.map(|_| ())
    }

    /// Returns all grants.
    pub(crate) async fn grants(&self) -> Result<Vec<StoredGrant>, DbError> {
        self.db.rows(&GRANTS, args![]).await?.iter().map(grant).collect()
    }

    /// Stores a new grant.
    pub(crate) async fn put_grant(change: &mut Transaction, stored: &StoredGrant) -> Result<(), DbError> {
        let arguments = args![
            stored.id.as_str(),
            stored.person.to_string(),
            stored.person_name.as_str(),
            stored.token.map(|token| token.to_string()),
            stored.collection.as_str(),
            stored.per_hour,
            stored.expires.0,
        ];
        change.execute(&PUT_GRANT, arguments).await.map(|_| ())
    }

    /// Ends a grant; returns whether there was one.
    pub(crate) async fn end_grant(change: &mut Transaction, id: &str) -> Result<bool, DbError> {
        Ok(change.execute(&END_GRANT, args![id]).await? > 0)
    }

    /// Returns the times of the last nonces, the oldest first.
    pub(crate) async fn nonces(&self) -> Result<Vec<Timestamp>, DbError> {
        let rows = self.db.rows(&NONCES, args![]).await?;
        rows.iter().map(|row| Ok(Timestamp(row.int("at")?))).collect()
    }

    /// Notes that a nonce was made, and forgets those from before `from`.
    pub(crate) async fn put_nonce(
        change: &mut Transaction,
        at: Timestamp,
        from: Timestamp,
    ) -> Result<(), DbError> {
        change.execute(&PUT_NONCE, args![at.0]).await?;
        change.execute(&FORGET_NONCES, args![from.0]).await.map(|_| ())
    }

    /// Forgets keys and grants that ended before `from`.
    pub(crate) async fn forget_proofs(&self, from: Timestamp) -> Result<u64, DbError> {
        let keys = self.db.write(&FORGET_KEYS, args![from.0]).await?;
        Ok(keys + self.db.write(&FORGET_GRANTS, args![from.0]).await?)
    }
}

fn key(row: &Row) -> Result<StoredKey, DbError> {
    Ok(StoredKey {
        key: row.parsed("jwk")?,
        person: row.parsed("person")?,
        person_name: row.text("person_name")?.to_owned(),
        level: row.parsed("level")?,
        tenant: row.parsed("tenant")?,
        console: row.parsed("console")?,
        issuer: row.opt_text("issuer")?.map(str::to_owned),
        idh: row.text("idh")?.to_owned(),
        service: row.opt_text("service")?.map(|_| row.json("service")).transpose()?,
        how: row.text("how")?.to_owned(),
        made_at: Timestamp(row.int("made_at")?),
        expires: Timestamp(row.int("expires")?),
        ended_at: row.opt_int("ended_at")?.map(Timestamp),
    })
}

fn grant(row: &Row) -> Result<StoredGrant, DbError> {
    Ok(StoredGrant {
        id: row.text("id")?.to_owned(),
        person: row.parsed("person")?,
        person_name: row.text("person_name")?.to_owned(),
        token: row.opt_parsed("token")?,
        collection: row.text("collection")?.to_owned(),
        per_hour: u32::try_from(row.unsigned("per_hour")?).unwrap_or(u32::MAX),
        expires: Timestamp(row.int("expires")?),
    })
}
