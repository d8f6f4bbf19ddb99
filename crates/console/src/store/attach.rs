//! Attach codes, and the sites that they attach.

use action::{SiteId, TenantId, Timestamp};
use console_api::{Change, Link, SiteChange, SiteState};
use database::{DbError, Statement, args};
use proof::Hash;

use super::{Audit, Store, changes};

/// An attach code, as it is kept: what both ends derive from it, not the code.
#[derive(Clone)]
pub(crate) struct StoredCode {
    pub(crate) id: String,
    pub(crate) tenant: TenantId,
    pub(crate) key: [u8; 32],
    pub(crate) expires: Timestamp,
}

/// A site that has proved that it holds a code and a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSite<'a> {
    pub(crate) site: SiteId,
    pub(crate) name: &'a str,
    pub(crate) link_key: &'a str,
    /// SHA-256 of the root key of its authority, where it tells it.
    pub(crate) root: Option<Hash>,
}

/// What became of an attachment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AttachOutcome {
    /// The site is attached. The same site with the same key and code may ask again, and is told the same.
    Attached,
    /// The code is unknown, used by another site, or over.
    CodeNotValid,
    /// The site is attached already, here or in another tenant: the outside is not told which.
    AlreadyAttached,
}

/// Codes that are kept at most for a tenant; more are of no use to anybody.
const MOST_CODES: i64 = 100;

const INSERT_CODE: Statement = Statement::both(
    "INSERT INTO attach_code (id, tenant, code_key, expires)
     SELECT $1, $2, $3, $4 WHERE (SELECT COUNT(*) FROM attach_code WHERE tenant = $2) < $5",
);
const CODE: Statement = Statement::both(
    "SELECT id, tenant, code_key, expires FROM attach_code WHERE tenant = $1 AND id = $2 AND expires > $3",
);
const USE_CODE: Statement = Statement::both(
    "UPDATE attach_code SET site = $4
     WHERE tenant = $1 AND id = $2 AND expires > $3 AND (site IS NULL OR site = $4) RETURNING id",
);
const WAS_USED: Statement =
    Statement::both("SELECT site FROM attach_code WHERE tenant = $1 AND id = $2 AND site = $3");
const FOUND: Statement = Statement::split(
    "SELECT tenant, state, link_key FROM site WHERE id = $1",
    "SELECT tenant, state, link_key FROM site WHERE id = $1 FOR UPDATE",
);
const ATTACH: Statement = Statement::both(
    "INSERT INTO site (id, tenant, name, link_key, state, attached, root) VALUES ($1, $2, $3, $4, 'attached', $5, $6)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, link_key = excluded.link_key, state = 'attached',
         attached = excluded.attached, root = excluded.root, trust = NULL, link_up = 0, link_changed = NULL, events = 0, devices_seq = 0",
);

impl Store {
    /// Keeps a code; `false` where the tenant has too many already.
    pub(crate) async fn create_code(&self, code: &StoredCode, audit: &[Audit]) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let arguments =
            args![&code.id, code.tenant.to_string(), hex::encode(code.key), code.expires.0, MOST_CODES];
        if transaction.execute(&INSERT_CODE, arguments).await? == 0 {
            return Ok(false);
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns a code that has not expired.
    pub(crate) async fn code(
        &self,
        tenant: TenantId,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<StoredCode>, DbError> {
        let Some(row) = self.db.row(&CODE, args![tenant.to_string(), id, now.0]).await? else {
            return Ok(None);
        };
        let mut key = [0; 32];
        if hex::decode_to_slice(row.text("code_key")?, &mut key).is_err() {
            return Ok(None);
        }
        Ok(Some(StoredCode { id: id.to_owned(), tenant, key, expires: Timestamp(row.int("expires")?) }))
    }

    /// Attaches a site that has proved that it holds the code and the key; the code is used up in the same commit.
    pub(crate) async fn attach(
        &self,
        code: &StoredCode,
        new: &NewSite<'_>,
        now: Timestamp,
        audit: &[Audit],
    ) -> Result<AttachOutcome, DbError> {
        let NewSite { site, name, link_key, root } = *new;
        let mut transaction = self.db.begin().await?;
        let (tenant, id) = (code.tenant.to_string(), site.to_string());
        let repeated = transaction.row(&WAS_USED, args![&tenant, &code.id, &id]).await?.is_some();
        let used = transaction.row(&USE_CODE, args![&tenant, &code.id, now.0, &id]).await?;
        if used.is_none() {
            return Ok(AttachOutcome::CodeNotValid);
        }
        if let Some(row) = transaction.row(&FOUND, args![&id]).await?
            && row.text("state")? == "attached"
        {
            let same = row.parsed::<TenantId>("tenant")? == code.tenant && row.text("link_key")? == link_key;
            return Ok(if repeated && same {
                AttachOutcome::Attached
            } else {
                AttachOutcome::AlreadyAttached
            });
        }
        if let Some(row) = transaction.row(&FOUND, args![&id]).await?
            && row.parsed::<TenantId>("tenant")? != code.tenant
        {
            return Ok(AttachOutcome::AlreadyAttached);
        }
        transaction
            .execute(&ATTACH, args![&id, &tenant, name, link_key, now.0, root.map(|root| root.hex())])
            .await?;
        let link = Link { up: false, since: None };
        let change = Change::Site(SiteChange { site, state: SiteState::Attached, link });
        changes::append(&mut transaction, code.tenant, &[change], now).await?;
        super::audit::append(&mut transaction, audit).await?;
        self.commit_and_tell(transaction).await?;
        Ok(AttachOutcome::Attached)
    }
}
