//! Accounts.

use action::{TenantId, Timestamp, UserId};
use console_api::{Role, User};
use database::{DbError, Row, Statement, Transaction, args};

use super::{Audit, Store, name_key};

/// An account that is made.
#[derive(Clone)]
pub(crate) struct NewPerson {
    pub(crate) id: UserId,
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) role: Role,
    pub(crate) operator: bool,
    /// The password's hash.
    pub(crate) password: String,
    pub(crate) created: Timestamp,
}

/// An account, with its password's hash.
#[derive(Clone)]
pub(crate) struct PersonRow {
    pub(crate) tenant: TenantId,
    pub(crate) user: User,
    pub(crate) password: String,
}

const COLUMNS_OF_TENANT: Statement = Statement::both(
    "SELECT id, tenant, name, display_name, role, password, disabled, created, issuer, group_names
     FROM person
     WHERE tenant = $1 ORDER BY name_key",
);
const BY_ID: Statement = Statement::both(
    "SELECT id, tenant, name, display_name, role, password, disabled, created, issuer, group_names
     FROM person
     WHERE tenant = $1 AND id = $2",
);
const BY_NAME: Statement = Statement::both(
    "SELECT id, tenant, name, display_name, role, password, disabled, created, issuer, group_names
     FROM person
     WHERE name_key = $1 LIMIT 20",
);
const INSERT: Statement = Statement::both(
    "INSERT INTO person (id, tenant, name, name_key, display_name, role, operator, password, disabled, created)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)",
);
const CHANGE: Statement =
    Statement::both("UPDATE person SET role = $3, disabled = $4 WHERE tenant = $1 AND id = $2");
const PASSWORD: Statement = Statement::both("UPDATE person SET password = $3 WHERE tenant = $1 AND id = $2");
const OTHER_ADMINISTRATORS: Statement = Statement::both(
    "SELECT COUNT(*) AS others FROM person
     WHERE tenant = $1 AND id <> $2 AND role = 'Administrator' AND disabled = 0",
);
const LOCK_TENANT: Statement =
    Statement::split("SELECT id FROM tenant WHERE id = $1", "SELECT id FROM tenant WHERE id = $1 FOR UPDATE");
const END_SESSIONS: Statement = Statement::both("DELETE FROM session WHERE person = $1");
const END_TOKENS: Statement = Statement::both("DELETE FROM api_token WHERE person = $1");

impl Store {
    /// Lists the people of a tenant by name.
    pub(crate) async fn people(&self, tenant: TenantId) -> Result<Vec<User>, DbError> {
        let rows = self.db.rows(&COLUMNS_OF_TENANT, args![tenant.to_string()]).await?;
        rows.iter().map(|row| Ok(read(row)?.user)).collect()
    }

    /// Returns a person of a tenant.
    pub(crate) async fn person(&self, tenant: TenantId, user: UserId) -> Result<Option<PersonRow>, DbError> {
        let row = self.db.row(&BY_ID, args![tenant.to_string(), user.to_string()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// Returns the people of that sign-in name in all tenants, a few at most.
    pub(crate) async fn people_named(&self, name: &str) -> Result<Vec<PersonRow>, DbError> {
        self.db.rows(&BY_NAME, args![name_key(name)]).await?.iter().map(read).collect()
    }

    /// Makes an account. A name that is taken is a broken constraint.
    pub(crate) async fn create_person(&self, new: &NewPerson, audit: &[Audit]) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        insert(&mut transaction, new).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }

    /// Changes a person's role and whether they are shut out; `false` where that would leave the tenant without an
    /// administrator. A person who is shut out has no session and no token left.
    pub(crate) async fn change_person(
        &self,
        tenant: TenantId,
        user: UserId,
        role: Role,
        disabled: bool,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        // Two administrators who shut each other out at once would leave none.
        transaction.rows(&LOCK_TENANT, args![tenant.to_string()]).await?;
        let others =
            transaction.row(&OTHER_ADMINISTRATORS, args![tenant.to_string(), user.to_string()]).await?;
        let others = others.map_or(Ok(0), |row| row.int("others"))?;
        if others == 0 && (disabled || role != Role::Administrator) {
            return Ok(false);
        }
        transaction
            .execute(&CHANGE, args![tenant.to_string(), user.to_string(), role.name(), disabled])
            .await?;
        if disabled {
            transaction.execute(&END_SESSIONS, args![user.to_string()]).await?;
            transaction.execute(&END_TOKENS, args![user.to_string()]).await?;
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives a person a new password; all their sessions end.
    pub(crate) async fn put_password(
        &self,
        tenant: TenantId,
        user: UserId,
        password: &str,
        audit: &[Audit],
    ) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        transaction.execute(&PASSWORD, args![tenant.to_string(), user.to_string(), password]).await?;
        transaction.execute(&END_SESSIONS, args![user.to_string()]).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }
}

pub(super) async fn insert(transaction: &mut Transaction, new: &NewPerson) -> Result<(), DbError> {
    let arguments = args![
        new.id.to_string(),
        new.tenant.to_string(),
        &new.name,
        name_key(&new.name),
        &new.display_name,
        new.role.name(),
        new.operator,
        &new.password,
        new.created.0,
    ];
    transaction.execute(&INSERT, arguments).await.map(|_| ())
}

fn read(row: &Row) -> Result<PersonRow, DbError> {
    Ok(PersonRow {
        tenant: row.parsed("tenant")?,
        user: User {
            id: row.parsed("id")?,
            name: row.text("name")?.to_owned(),
            display_name: row.text("display_name")?.to_owned(),
            role: row.parsed("role")?,
            issuer: row.opt_text("issuer")?.map(str::to_owned),
            groups: row.json("group_names")?,
            disabled: row.flag("disabled")?,
            created: Timestamp(row.int("created")?),
        },
        password: row.text("password")?.to_owned(),
    })
}
