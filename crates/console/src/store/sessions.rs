//! Sessions, found by the hash of their token.

use action::{TenantId, Timestamp, UserId};
use console_api::Role;
use database::{DbError, Row, Statement, args};

use super::{Audit, Store};

/// What a caller presented: the hash of a session's or of an API token's secret.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Presented<'a> {
    Session(&'a str),
    ApiToken(&'a str),
}

/// A session or an API token that is valid, with its person.
#[derive(Clone, Debug)]
pub(crate) struct SessionRow {
    pub(crate) tenant: TenantId,
    pub(crate) tenant_name: String,
    pub(crate) user: UserId,
    pub(crate) user_name: String,
    pub(crate) display_name: String,
    pub(crate) role: Role,
    pub(crate) operator: bool,
    /// Whether the session was made for a cookie.
    pub(crate) cookie: bool,
    /// When an API token was last used.
    pub(crate) last_used: Option<Timestamp>,
}

const INSERT: Statement = Statement::both(
    "INSERT INTO session (hash, person, cookie, created, expires) VALUES ($1, $2, $3, $4, $5)",
);
const BY_SESSION: Statement = Statement::split(
    "SELECT person.id, person.tenant, tenant.name AS tenant_name, person.name, person.display_name, person.role,
            person.operator, session.cookie, NULL AS last_used
     FROM session JOIN person ON person.id = session.person JOIN tenant ON tenant.id = person.tenant
     WHERE session.hash = $1 AND session.expires > $2 AND person.disabled = 0",
    "SELECT person.id, person.tenant, tenant.name AS tenant_name, person.name, person.display_name, person.role,
            person.operator, session.cookie, NULL::bigint AS last_used
     FROM session JOIN person ON person.id = session.person JOIN tenant ON tenant.id = person.tenant
     WHERE session.hash = $1 AND session.expires > $2 AND person.disabled = 0",
);
const BY_TOKEN: Statement = Statement::split(
    "SELECT person.id, person.tenant, tenant.name AS tenant_name, person.name, person.display_name, person.role,
            person.operator, 0 AS cookie, api_token.last_used
     FROM api_token JOIN person ON person.id = api_token.person JOIN tenant ON tenant.id = person.tenant
     WHERE api_token.hash = $1 AND api_token.expires > $2 AND person.disabled = 0",
    "SELECT person.id, person.tenant, tenant.name AS tenant_name, person.name, person.display_name, person.role,
            person.operator, 0::bigint AS cookie, api_token.last_used
     FROM api_token JOIN person ON person.id = api_token.person JOIN tenant ON tenant.id = person.tenant
     WHERE api_token.hash = $1 AND api_token.expires > $2 AND person.disabled = 0",
);
const END: Statement = Statement::both("DELETE FROM session WHERE hash = $1");

impl Store {
    /// Keeps a session.
    pub(crate) async fn create_session(
        &self,
        hash: &str,
        user: UserId,
        cookie: bool,
        now: Timestamp,
        expires: Timestamp,
        audit: &[Audit],
    ) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        transaction.execute(&INSERT, args![hash, user.to_string(), cookie, now.0, expires.0]).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }

    /// Returns whose secret was presented, where it is valid at `now`.
    pub(crate) async fn session(
        &self,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<Option<SessionRow>, DbError> {
        let row = match presented {
            Presented::Session(hash) => self.db.row(&BY_SESSION, args![hash, now.0]).await?,
            Presented::ApiToken(hash) => self.db.row(&BY_TOKEN, args![hash, now.0]).await?,
        };
        row.as_ref().map(read).transpose()
    }

    /// Ends a session.
    pub(crate) async fn end_session(&self, hash: &str, audit: &[Audit]) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        transaction.execute(&END, args![hash]).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }
}

fn read(row: &Row) -> Result<SessionRow, DbError> {
    Ok(SessionRow {
        tenant: row.parsed("tenant")?,
        tenant_name: row.text("tenant_name")?.to_owned(),
        user: row.parsed("id")?,
        user_name: row.text("name")?.to_owned(),
        display_name: row.text("display_name")?.to_owned(),
        role: row.parsed("role")?,
        operator: row.flag("operator")?,
        cookie: row.flag("cookie")?,
        last_used: row.opt_int("last_used")?.map(Timestamp),
    })
}
