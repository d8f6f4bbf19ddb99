//! Sessions, found by the hash of their token.

use action::{TenantId, Timestamp, UserId};
use console_api::{Role, SessionInfo};
use database::{DbError, Row, Statement, args};

use uuid::Uuid;

use super::{Audit, Store};
use crate::people::rights::Limit;

/// What a caller presented: the hash of a session's or of an API token's secret.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Presented<'a> {
    Session(&'a str),
    ApiToken(&'a str),
}

/// A session that begins.
#[derive(Clone, Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) id: Uuid,
    /// The hash of its token.
    pub(crate) hash: &'a str,
    pub(crate) user: UserId,
    /// Whether a cookie carries it.
    pub(crate) cookie: bool,
    /// How the person signed in.
    pub(crate) method: &'static str,
    /// From which address.
    pub(crate) source: String,
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    /// The token of the sign-in at a provider, for the page.
    pub(crate) id_token: Option<&'a str>,
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
    /// The provider at which the person signs in.
    pub(crate) issuer: Option<String>,
    /// The groups that the provider last named.
    pub(crate) groups: Vec<String>,
    /// Whether the session was made for a cookie.
    pub(crate) cookie: bool,
    /// The API token that was presented.
    pub(crate) token: Option<Uuid>,
    /// What an API token was made for.
    pub(crate) limit: Option<Limit>,
    /// When an API token was last used.
    pub(crate) last_used: Option<Timestamp>,
}

const INSERT: Statement = Statement::both(
    "INSERT INTO session (hash, person, cookie, created, expires, id, method, source, id_token)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const BY_SESSION: Statement = Statement::split(
    "SELECT person.id, person.tenant, tenant.name AS tenant_name, person.name, person.display_name, person.role,
            person.operator, person.issuer, person.group_names, session.cookie, NULL AS token, NULL AS last_used, NULL AS limits
     FROM session JOIN person ON person.id = session.person JOIN tenant ON tenant.id = person.tenant
     WHERE session.hash = $1 AND session.expires > $2 AND person.disabled = 0",
    "SELECT person.id, person.tenant, tenant.name AS tenant_name, person.name, person.display_name, person.role,
            person.operator, person.issuer, person.group_names, session.cookie, NULL::text AS token, NULL::bigint AS last_used, NULL::text AS limits
     FROM session JOIN person ON person.id = session.person JOIN tenant ON tenant.id = person.tenant
     WHERE session.hash = $1 AND session.expires > $2 AND person.disabled = 0",
);
const BY_TOKEN: Statement = Statement::split(
    "SELECT person.id, person.tenant, tenant.name AS tenant_name, person.name, person.display_name, person.role,
            person.operator, person.issuer, person.group_names, 0 AS cookie, api_token.id AS token, api_token.last_used, api_token.limits
     FROM api_token JOIN person ON person.id = api_token.person JOIN tenant ON tenant.id = person.tenant
     WHERE api_token.hash = $1 AND api_token.expires > $2 AND person.disabled = 0",
    "SELECT person.id, person.tenant, tenant.name AS tenant_name, person.name, person.display_name, person.role,
            person.operator, person.issuer, person.group_names, 0::bigint AS cookie, api_token.id AS token, api_token.last_used, api_token.limits
     FROM api_token JOIN person ON person.id = api_token.person JOIN tenant ON tenant.id = person.tenant
     WHERE api_token.hash = $1 AND api_token.expires > $2 AND person.disabled = 0",
);
const ID_TOKEN: Statement =
    Statement::both("SELECT id_token FROM session WHERE hash = $1 AND id_token IS NOT NULL");
const NO_ID_TOKEN: Statement = Statement::both("UPDATE session SET id_token = NULL WHERE hash = $1");
const END: Statement = Statement::both("DELETE FROM session WHERE hash = $1");
const OF_TENANT: Statement = Statement::both(
    "SELECT session.id, session.hash, session.person, person.name, session.method, session.source, session.created,
            session.expires
     FROM session JOIN person ON person.id = session.person
     WHERE person.tenant = $1 AND session.expires > $2 ORDER BY session.created DESC, session.id LIMIT $3",
);
const OF_PERSON: Statement = Statement::both(
    "SELECT session.id, session.hash, session.person, person.name, session.method, session.source, session.created,
            session.expires
     FROM session JOIN person ON person.id = session.person
     WHERE person.tenant = $1 AND session.expires > $2 AND person.id = $4
     ORDER BY session.created DESC, session.id LIMIT $3",
);
const REVOKE: Statement = Statement::both(
    "DELETE FROM session WHERE id = $2 AND person IN (SELECT id FROM person WHERE tenant = $1)",
);
const REVOKE_OWN: Statement = Statement::both("DELETE FROM session WHERE id = $2 AND person = $1");
const REVOKE_ALL: Statement = Statement::both(
    "DELETE FROM session WHERE person = (SELECT id FROM person WHERE tenant = $1 AND id = $2)",
);

/// The most sessions that a list shows, the newest first.
const MOST_SHOWN: u32 = 1000;

impl Store {
    /// Keeps a session.
    pub(crate) async fn create_session(&self, new: &NewSession<'_>, audit: &[Audit]) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        let arguments = args![
            new.hash,
            new.user.to_string(),
            new.cookie,
            new.created.0,
            new.expires.0,
            new.id.to_string(),
            new.method,
            &new.source,
            new.id_token,
        ];
        transaction.execute(&INSERT, arguments).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }

    /// Takes the token of a session's sign-in: it is there once.
    pub(crate) async fn take_id_token(&self, hash: &str) -> Result<Option<String>, DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&ID_TOKEN, args![hash]).await? else { return Ok(None) };
        let token = row.text("id_token")?.to_owned();
        transaction.execute(&NO_ID_TOKEN, args![hash]).await?;
        transaction.commit().await?;
        Ok(Some(token))
    }

    /// Lists the sessions of a tenant, or of one of its people, the newest first. `current` is the hash of the caller's.
    pub(crate) async fn sessions(
        &self,
        tenant: TenantId,
        user: Option<UserId>,
        current: &str,
        now: Timestamp,
    ) -> Result<Vec<SessionInfo>, DbError> {
        let known = args![tenant.to_string(), now.0, MOST_SHOWN];
        let rows = match user {
            Some(user) => self.db.rows(&OF_PERSON, known.with(user.to_string())).await?,
            None => self.db.rows(&OF_TENANT, known).await?,
        };
        rows.iter()
            .map(|row| {
                Ok(SessionInfo {
                    id: row.parsed("id")?,
                    user: row.parsed("person")?,
                    user_name: row.text("name")?.to_owned(),
                    method: row.text("method")?.to_owned(),
                    from: row.text("source")?.to_owned(),
                    created: Timestamp(row.int("created")?),
                    expires: Timestamp(row.int("expires")?),
                    current: row.text("hash")? == current,
                })
            })
            .collect()
    }

    /// Ends a session by its id: of one person, or of anybody in the tenant. `false` where there is none.
    pub(crate) async fn revoke_session(
        &self,
        tenant: TenantId,
        owner: Option<UserId>,
        session: Uuid,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let ended = match owner {
            Some(owner) => {
                transaction.execute(&REVOKE_OWN, args![owner.to_string(), session.to_string()]).await?
            }
            None => transaction.execute(&REVOKE, args![tenant.to_string(), session.to_string()]).await?,
        };
        if ended == 0 {
            return Ok(false);
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends all sessions of a person.
    pub(crate) async fn revoke_sessions(
        &self,
        tenant: TenantId,
        user: UserId,
        audit: &[Audit],
    ) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        transaction.execute(&REVOKE_ALL, args![tenant.to_string(), user.to_string()]).await?;
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
        issuer: row.opt_text("issuer")?.map(str::to_owned),
        groups: row.json("group_names")?,
        cookie: row.flag("cookie")?,
        token: row.opt_parsed("token")?,
        limit: match row.opt_text("limits")? {
            Some(_) => Some(row.json("limits")?),
            None => None,
        },
        last_used: row.opt_int("last_used")?.map(Timestamp),
    })
}
