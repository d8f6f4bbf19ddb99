//! Tenants, and each tenant's first administrator.

use action::{TenantId, Timestamp};
use console_api::Tenant;
use database::{DbError, Row, Statement, args};

use super::{Audit, NewPerson, Store, name_key};

const INSERT: Statement =
    Statement::both("INSERT INTO tenant (id, name, name_key, created) VALUES ($1, $2, $3, $4)");
const ALL: Statement = Statement::both("SELECT id, name, created FROM tenant ORDER BY name_key");
const SOME: Statement = Statement::both("SELECT id, name, created FROM tenant LIMIT 2");
const BY_NAME: Statement = Statement::both("SELECT id, name, created FROM tenant WHERE name_key = $1");
const BURN_CODE: Statement = Statement::both("UPDATE console SET setup_code = NULL WHERE setup_code = $1");

impl Store {
    /// Makes a tenant with its first administrator.
    pub(crate) async fn create_tenant(
        &self,
        tenant: &Tenant,
        administrator: &NewPerson,
        audit: &[Audit],
    ) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        let key = name_key(&tenant.name);
        transaction
            .execute(&INSERT, args![tenant.id.to_string(), &tenant.name, key, tenant.created.0])
            .await?;
        super::people::insert(&mut transaction, administrator).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }

    /// Makes the first tenant and its administrator, and burns the one-time code in the same commit; `false` where the
    /// code is not the one that is kept.
    pub(crate) async fn set_up(
        &self,
        code_hash: &str,
        tenant: &Tenant,
        administrator: &NewPerson,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        if transaction.execute(&BURN_CODE, args![code_hash]).await? == 0 {
            return Ok(false);
        }
        let key = name_key(&tenant.name);
        transaction
            .execute(&INSERT, args![tenant.id.to_string(), &tenant.name, key, tenant.created.0])
            .await?;
        super::people::insert(&mut transaction, administrator).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Lists the tenants by name.
    pub(crate) async fn tenants(&self) -> Result<Vec<Tenant>, DbError> {
        self.db.rows(&ALL, args![]).await?.iter().map(read).collect()
    }

    /// Returns the tenant, where there is only one.
    pub(crate) async fn only_tenant(&self) -> Result<Option<Tenant>, DbError> {
        match &*self.db.rows(&SOME, args![]).await? {
            [only] => read(only).map(Some),
            _ => Ok(None),
        }
    }

    /// Returns the tenant of that name.
    pub(crate) async fn tenant_named(&self, name: &str) -> Result<Option<Tenant>, DbError> {
        self.db.row(&BY_NAME, args![name_key(name)]).await?.as_ref().map(read).transpose()
    }
}

fn read(row: &Row) -> Result<Tenant, DbError> {
    Ok(Tenant {
        id: row.parsed::<TenantId>("id")?,
        name: row.text("name")?.to_owned(),
        created: Timestamp(row.int("created")?),
    })
}
