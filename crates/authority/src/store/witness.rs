//! The audit as hashes for the console to keep, and the hashes of consoles' audits that are kept here.

use action::TenantId;
use database::{DbError, Row, Statement, Transaction, args};
use proof::{
    Hash,
    audit::Head,
    witness::{Fresh, Kept, PAGE, Page},
};

use super::{AuditEntry, Store, audit::own_hash};

/// What an entry says that only says that the other side's head was kept: such entries alone are no news, or the two
/// chains would make each other grow for ever.
pub(crate) const HEAD_KEPT: &str = "audit head kept";

const OLDEST: Statement = Statement::both("SELECT number, hash, salt FROM audit ORDER BY number LIMIT 1");
/// Of an earlier version: none stands behind one that is salted.
const LAST_UNSALTED: Statement = Statement::both(
    "SELECT number, hash FROM audit WHERE salt = '' AND NOT EXISTS (SELECT 1 FROM audit AS before WHERE \
     before.salt <> '' AND before.number < audit.number) ORDER BY number DESC LIMIT 1",
);
const HASH_AT: Statement = Statement::both("SELECT number, hash FROM audit WHERE number = $1");
const LAST: Statement = Statement::both("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1");
const HASHED: Statement =
    Statement::both("SELECT number, at, entry, salt FROM audit WHERE number > $1 ORDER BY number LIMIT 5000");
const KEPT: Statement = Statement::both(
    "SELECT number, entry FROM witness WHERE tenant = $1 AND number > $2 AND number <= $3 ORDER BY number",
);
const KEPT_AT: Statement =
    Statement::both("SELECT number, chain FROM witness WHERE tenant = $1 AND number = $2");
const KEPT_LAST: Statement =
    Statement::both("SELECT number, chain FROM witness WHERE tenant = $1 ORDER BY number DESC LIMIT 1");
const TENANTS: Statement = Statement::both("SELECT DISTINCT tenant FROM witness ORDER BY tenant");
const KEEP: Statement =
    Statement::both("INSERT INTO witness (tenant, number, entry, chain) VALUES ($1, $2, $3, $4)");
const FORGET_BEFORE: Statement = Statement::both("DELETE FROM witness WHERE tenant = $1 AND number < $2");
const FORGET: Statement = Statement::both("DELETE FROM witness WHERE tenant = $1");
const BROKEN: Statement = Statement::both("SELECT what FROM witness_broken WHERE tenant = $1");
const PUT_BROKEN: Statement = Statement::both(
    "INSERT INTO witness_broken (tenant, what) VALUES ($1, $2) ON CONFLICT (tenant) DO UPDATE SET what = excluded.what",
);
const FORGET_BROKEN: Statement = Statement::both("DELETE FROM witness_broken WHERE tenant = $1");

impl Store {
    /// Returns the audit behind `after` as hashes, made anew of what the entries say; not signed yet.
    pub(crate) async fn audit_hashes(&self, after: u64) -> Result<Page, DbError> {
        let last = self.db.row(&LAST, args![]).await?.as_ref().map(head).transpose()?.unwrap_or(Head::EMPTY);
        let oldest = self.oldest().await?;
        let base = match after {
            after if after <= oldest.number => oldest,
            after if after >= last.number => last,
            // An entry that is gone shows as a gap behind the oldest.
            after => self.db.row(&HASH_AT, args![after]).await?.as_ref().map_or(Ok(oldest), head)?,
        };
        let mut entries = Vec::new();
        let mut news = false;
        for row in self.db.rows(&HASHED, args![base.number]).await?.iter().take(PAGE) {
            let number = row.unsigned("number")?;
            news |= row.json::<AuditEntry>("entry").map_or(true, |entry| entry.what != HEAD_KEPT);
            entries.push((number, own_hash(number, row)?));
        }
        Ok(Page {
            after: base.number,
            base: base.hash,
            oldest: oldest.number,
            entries,
            last: last.number,
            head: last.hash,
            signed: String::new(),
            news,
        })
    }

    /// Returns from where entries can be hashed: the beginning, the oldest that is kept, or the last of an earlier version.
    async fn oldest(&self) -> Result<Head, DbError> {
        let Some(oldest) = self.db.row(&OLDEST, args![]).await? else { return Ok(Head::EMPTY) };
        if let Some(unsalted) = self.db.row(&LAST_UNSALTED, args![]).await? {
            return head(&unsalted);
        }
        if oldest.unsigned("number")? == 1 { Ok(Head::EMPTY) } else { head(&oldest) }
    }

    /// Returns what is kept of a tenant's audit, as far as a page touches it.
    pub(crate) async fn kept(&self, tenant: TenantId, page: &Page) -> Result<Kept, DbError> {
        let tenant_text = tenant.to_string();
        let base = self.db.row(&KEPT_AT, args![&tenant_text, page.after]).await?;
        let rows = self.db.rows(&KEPT, args![&tenant_text, page.after, page.end()]).await?;
        let entry = |row: &Row| Ok((row.unsigned("number")?, row.parsed::<Hash>("entry")?));
        Ok(Kept {
            last: self.kept_head(tenant).await?,
            base: base.map(|row| row.parsed("chain")).transpose()?,
            entries: rows.iter().map(entry).collect::<Result<_, DbError>>()?,
        })
    }

    /// Returns how far a tenant's audit is kept.
    pub(crate) async fn kept_head(&self, tenant: TenantId) -> Result<Option<Head>, DbError> {
        let row = self.db.row(&KEPT_LAST, args![tenant.to_string()]).await?;
        row.map(|row| Ok(Head { number: row.unsigned("number")?, hash: row.parsed("chain")? })).transpose()
    }

    /// Returns the tenants of whose audits something is kept.
    pub(crate) async fn witnessed(&self) -> Result<Vec<TenantId>, DbError> {
        self.db.rows(&TENANTS, args![]).await?.iter().map(|row| row.parsed("tenant")).collect()
    }

    /// Keeps entries of a tenant's audit, and forgets those before `oldest`, which the tenant has no longer.
    pub(crate) async fn keep(
        change: &mut Transaction,
        tenant: TenantId,
        fresh: &[Fresh],
        oldest: u64,
    ) -> Result<(), DbError> {
        let tenant = tenant.to_string();
        for one in fresh {
            let arguments = args![&tenant, one.number, one.entry.hex(), one.chain.hex()];
            change.execute(&KEEP, arguments).await?;
        }
        change.execute(&FORGET_BEFORE, args![&tenant, oldest]).await.map(|_| ())
    }

    /// Returns what was found to be wrong with a tenant's audit.
    pub(crate) async fn broken(&self, tenant: TenantId) -> Result<Option<String>, DbError> {
        let row = self.db.row(&BROKEN, args![tenant.to_string()]).await?;
        row.map(|row| Ok(row.text("what")?.to_owned())).transpose()
    }

    /// Notes what is wrong with a tenant's audit.
    pub(crate) async fn put_broken(
        change: &mut Transaction,
        tenant: TenantId,
        what: &str,
    ) -> Result<(), DbError> {
        change.execute(&PUT_BROKEN, args![tenant.to_string(), what]).await.map(|_| ())
    }

    /// Forgets all that is kept of a tenant's audit; returns whether there was anything.
    pub(crate) async fn forget_witness(change: &mut Transaction, tenant: TenantId) -> Result<bool, DbError> {
        let tenant = tenant.to_string();
        change.execute(&FORGET_BROKEN, args![&tenant]).await?;
        Ok(change.execute(&FORGET, args![&tenant]).await? > 0)
    }
}

fn head(row: &Row) -> Result<Head, DbError> {
    // A hash that somebody else has put there fits nothing.
    let hash = row.text("hash")?.parse().unwrap_or(Hash([0xff; 32]));
    Ok(Head { number: row.unsigned("number")?, hash })
}
