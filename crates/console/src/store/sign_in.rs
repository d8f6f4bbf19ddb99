//! How each tenant's people sign in, and sign-ins at a provider that have begun.

use action::{TenantId, Timestamp};
use console_api::{OpenIdSettings, SignInSettings};
use database::{DbError, Row, Statement, args};

use super::{Audit, Store};

/// The most sign-ins of a tenant that have begun and not ended: what nobody finishes is gone after some minutes.
const MOST_BEGUN: i64 = 10_000;

/// A sign-in at a provider that has begun. Of its secrets only the hashes are kept, apart from what the provider is to be
/// shown or to repeat.
#[derive(Clone)]
pub(crate) struct Begun {
    /// The hash of `state`.
    pub(crate) state: String,
    pub(crate) tenant: TenantId,
    /// The hash of what the browser or the command line keeps.
    pub(crate) ticket: String,
    pub(crate) nonce: String,
    /// The secret of PKCE.
    pub(crate) verifier: String,
    /// The address to which the provider sends the browser back.
    pub(crate) redirect: String,
    /// The path at which the page goes on.
    pub(crate) return_to: String,
    pub(crate) expires: Timestamp,
}

const SETTINGS: Statement = Statement::both("SELECT local_accounts, openid FROM sign_in WHERE tenant = $1");
const PUT_SETTINGS: Statement = Statement::both(
    "INSERT INTO sign_in (tenant, local_accounts, openid) VALUES ($1, $2, $3)
     ON CONFLICT (tenant) DO UPDATE SET local_accounts = excluded.local_accounts, openid = excluded.openid",
);
const END_OTHER_SESSIONS: Statement = Statement::both(
    "DELETE FROM session WHERE person IN (SELECT id FROM person WHERE tenant = $1 AND issuer <> $2)",
);
const END_OTHER_TOKENS: Statement = Statement::both(
    "DELETE FROM api_token WHERE person IN (SELECT id FROM person WHERE tenant = $1 AND issuer <> $2)",
);
const END_LOCAL_SESSIONS: Statement = Statement::both(
    "DELETE FROM session WHERE person IN (SELECT id FROM person WHERE tenant = $1 AND issuer IS NULL)",
);
const LOCAL_AGAIN: Statement =
    Statement::both("UPDATE sign_in SET local_accounts = 1 WHERE tenant = $1 AND local_accounts = 0");
const FORGET: Statement = Statement::both("DELETE FROM sign_in_begun WHERE expires <= $1");
const COUNT: Statement = Statement::both("SELECT COUNT(*) AS begun FROM sign_in_begun WHERE tenant = $1");
const BEGIN: Statement = Statement::both(
    "INSERT INTO sign_in_begun (state, tenant, ticket, client, nonce, verifier, redirect, return_to, expires)
     VALUES ($1, $2, $3, 'page', $4, $5, $6, $7, $8)",
);
const FIRST_USE: Statement = Statement::both(
    "INSERT INTO sign_in_begun (state, tenant, ticket, client, nonce, verifier, redirect, return_to, expires)
     VALUES ($1, $2, '', 'cli', '', '', '', '', $3) ON CONFLICT DO NOTHING",
);
const TAKE: Statement = Statement::both(
    "DELETE FROM sign_in_begun WHERE state = $1 AND client = 'page'
     RETURNING state, tenant, ticket, nonce, verifier, redirect, return_to, expires",
);

impl Store {
    /// Returns how the people of a tenant sign in.
    pub(crate) async fn sign_in_settings(&self, tenant: TenantId) -> Result<SignInSettings, DbError> {
        let Some(row) = self.db.row(&SETTINGS, args![tenant.to_string()]).await? else {
            return Ok(SignInSettings { local_accounts: true, openid: None });
        };
        let openid: Option<OpenIdSettings> = match row.opt_text("openid")? {
            Some(_) => Some(row.json("openid")?),
            None => None,
        };
        Ok(SignInSettings { local_accounts: row.flag("local_accounts")?, openid })
    }

    /// Keeps how the people of a tenant sign in. What those have who can no longer sign in ends.
    pub(crate) async fn put_sign_in_settings(
        &self,
        tenant: TenantId,
        settings: &SignInSettings,
        audit: &[Audit],
    ) -> Result<(), DbError> {
        let openid = settings.openid.as_ref().and_then(|openid| serde_json::to_string(openid).ok());
        let mut transaction = self.db.begin().await?;
        transaction
            .execute(&PUT_SETTINGS, args![tenant.to_string(), settings.local_accounts, openid])
            .await?;
        let issuer = settings.openid.as_ref().map_or("", |openid| &*openid.issuer);
        for statement in [&END_OTHER_SESSIONS, &END_OTHER_TOKENS] {
            transaction.execute(statement, args![tenant.to_string(), issuer]).await?;
        }
        if !settings.local_accounts {
            transaction.execute(&END_LOCAL_SESSIONS, args![tenant.to_string()]).await?;
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }

    /// Lets accounts of the console sign in again; returns whether they could not.
    pub(crate) async fn allow_local_accounts(&self, tenant: TenantId) -> Result<bool, DbError> {
        Ok(self.db.write(&LOCAL_AGAIN, args![tenant.to_string()]).await? > 0)
    }

    /// Keeps a sign-in that begins; `false` where there are too many.
    pub(crate) async fn begin_sign_in(&self, begun: &Begun, now: Timestamp) -> Result<bool, DbError> {
        let tenant = begun.tenant.to_string();
        let mut transaction = self.db.begin().await?;
        transaction.execute(&FORGET, args![now.0]).await?;
        let count = transaction.row(&COUNT, args![&tenant]).await?;
        if count.map_or(Ok(0), |row| row.int("begun"))? >= MOST_BEGUN {
            return Ok(false);
        }
        let arguments = args![
            &begun.state,
            &tenant,
            &begun.ticket,
            &begun.nonce,
            &begun.verifier,
            &begun.redirect,
            &begun.return_to,
            begun.expires.0,
        ];
        transaction.execute(&BEGIN, arguments).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Notes that a sign-in with a key was used; returns whether it was the first time.
    pub(crate) async fn first_use(
        &self,
        hash: &str,
        tenant: TenantId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        transaction.execute(&FORGET, args![now.0]).await?;
        let first = transaction.execute(&FIRST_USE, args![hash, tenant.to_string(), until.0]).await? > 0;
        transaction.commit().await?;
        Ok(first)
    }

    /// Takes a sign-in that has begun: it can be finished once.
    pub(crate) async fn take_sign_in(&self, state: &str) -> Result<Option<Begun>, DbError> {
        let mut transaction = self.db.begin().await?;
        let row = transaction.row(&TAKE, args![state]).await?;
        transaction.commit().await?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &Row) -> Result<Begun, DbError> {
    Ok(Begun {
        state: row.text("state")?.to_owned(),
        tenant: row.parsed("tenant")?,
        ticket: row.text("ticket")?.to_owned(),
        nonce: row.text("nonce")?.to_owned(),
        verifier: row.text("verifier")?.to_owned(),
        redirect: row.text("redirect")?.to_owned(),
        return_to: row.text("return_to")?.to_owned(),
        expires: Timestamp(row.int("expires")?),
    })
}
