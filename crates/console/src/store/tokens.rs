//! API tokens, found by the hash of their secret.

use action::{Timestamp, UserId};
use console_api::ApiToken;
use database::{DbError, Row, Statement, args};
use uuid::Uuid;

use super::{Audit, Store};
use crate::people::rights::{Limit, Place};

const INSERT: Statement = Statement::both(
    "INSERT INTO api_token (id, hash, person, name, created, expires, limits)
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const OF_PERSON: Statement = Statement::both(
    "SELECT id, name, created, expires, last_used, limits FROM api_token WHERE person = $1 ORDER BY created, id",
);
const REVOKE: Statement = Statement::both("DELETE FROM api_token WHERE person = $1 AND id = $2");
const USED: Statement = Statement::both("UPDATE api_token SET last_used = $2 WHERE hash = $1");

impl Store {
    /// Keeps an API token.
    pub(crate) async fn create_token(
        &self,
        user: UserId,
        token: &ApiToken,
        hash: &str,
        audit: &[Audit],
    ) -> Result<(), DbError> {
        let limit = Limit {
            permissions: token.permissions.clone(),
            place: Place { sites: token.sites.clone(), groups: token.device_groups.clone() },
        };
        let limits = (!limit.is_none()).then(|| serde_json::to_string(&limit).unwrap_or_default());
        let mut transaction = self.db.begin().await?;
        let arguments = args![
            token.id.to_string(),
            hash,
            user.to_string(),
            &token.name,
            token.created.0,
            token.expires.0,
            limits,
        ];
        transaction.execute(&INSERT, arguments).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }

    /// Lists a person's API tokens, the oldest first.
    pub(crate) async fn tokens(&self, user: UserId) -> Result<Vec<ApiToken>, DbError> {
        self.db.rows(&OF_PERSON, args![user.to_string()]).await?.iter().map(read).collect()
    }

    /// Ends a person's API token; `false` where they have none of that id.
    pub(crate) async fn revoke_token(
        &self,
        user: UserId,
        token: Uuid,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        if transaction.execute(&REVOKE, args![user.to_string(), token.to_string()]).await? == 0 {
            return Ok(false);
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Notes that an API token was used.
    pub(crate) async fn token_used(&self, hash: &str, now: Timestamp) -> Result<(), DbError> {
        self.db.write(&USED, args![hash, now.0]).await.map(|_| ())
    }
}

fn read(row: &Row) -> Result<ApiToken, DbError> {
    let limit: Limit = match row.opt_text("limits")? {
        Some(_) => row.json("limits")?,
        None => Limit::default(),
    };
    Ok(ApiToken {
        id: row.parsed("id")?,
        name: row.text("name")?.to_owned(),
        created: Timestamp(row.int("created")?),
        expires: Timestamp(row.int("expires")?),
        last_used: row.opt_int("last_used")?.map(Timestamp),
        permissions: limit.permissions,
        sites: limit.place.sites,
        device_groups: limit.place.groups,
    })
}
