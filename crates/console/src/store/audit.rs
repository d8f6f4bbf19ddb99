//! The audit: one hash chain for each tenant.

use action::{TenantId, Timestamp};
use console_api::{AuditEntry, AuditHead};
use database::{DbError, Row, Statement, Transaction, args};
use proof::{Hash, audit::Head};
use serde::Serialize;

use super::Store;

/// What is written into the audit.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    /// The tenant that it concerns.
    pub(crate) tenant: TenantId,
    pub(crate) at: Timestamp,
    /// Who: a sign-in name.
    pub(crate) who: String,
    /// From which address.
    pub(crate) source: String,
    /// What was asked, such as `action.create`.
    pub(crate) what: &'static str,
    /// Of which thing.
    pub(crate) subject: String,
    /// Which devices, as the audit shows them.
    pub(crate) devices: String,
    /// By which rule of the console.
    pub(crate) rule: String,
    /// What came of it: `done`, or why not.
    pub(crate) result: String,
}

/// An entry as it is stored.
#[derive(Serialize)]
struct Stored<'a> {
    number: u64,
    at: i64,
    who: &'a str,
    source: &'a str,
    what: &'a str,
    subject: &'a str,
    devices: &'a str,
    rule: &'a str,
    result: &'a str,
    salt: String,
    hash: String,
}

const FIRST: Statement = Statement::both(
    "INSERT INTO audit_head (tenant, number, hash) VALUES ($1, 0, '0000000000000000000000000000000000000000000000000000000000000000') ON CONFLICT (tenant) DO NOTHING",
);
const HEAD: Statement = Statement::split(
    "SELECT number, hash FROM audit_head WHERE tenant = $1",
    "SELECT number, hash FROM audit_head WHERE tenant = $1 FOR UPDATE",
);
const MOVE_HEAD: Statement =
    Statement::both("UPDATE audit_head SET number = $2, hash = $3 WHERE tenant = $1");
const INSERT: Statement = Statement::split(
    "INSERT INTO audit (tenant, number, at, who, source, what, subject, devices, rule, result, salt, hash)
     SELECT $1, value ->> 'number', value ->> 'at', value ->> 'who', value ->> 'source', value ->> 'what',
            value ->> 'subject', value ->> 'devices', value ->> 'rule', value ->> 'result', value ->> 'salt',
            value ->> 'hash' FROM json_each($2)",
    "INSERT INTO audit (tenant, number, at, who, source, what, subject, devices, rule, result, salt, hash)
     SELECT $1, number, at, who, source, what, subject, devices, rule, result, salt, hash
     FROM json_to_recordset($2::json)
     AS x (number bigint, at bigint, who text, source text, what text, subject text, devices text, rule text,
           result text, salt text, hash text)",
);
const PAGE: Statement = Statement::both(
    "SELECT number, at, who, source, what, subject, devices, rule, result, salt, hash FROM audit
     WHERE tenant = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
);
const AFTER: Statement = Statement::both(
    "SELECT number, at, who, source, what, subject, devices, rule, result, salt, hash FROM audit
     WHERE tenant = $1 AND number > $2 ORDER BY number LIMIT $3",
);
const ENDS: Statement =
    Statement::both("SELECT number, hash, base_number, base_hash FROM audit_head WHERE tenant = $1");
const OLD: Statement =
    Statement::both("SELECT tenant, MAX(number) AS last FROM audit WHERE at <= $1 GROUP BY tenant");
const MOVE_BASE: Statement = Statement::both(
    "UPDATE audit_head SET base_number = $2,
        base_hash = (SELECT audit.hash FROM audit WHERE audit.tenant = $1 AND audit.number = $2)
     WHERE tenant = $1",
);
const FORGET: Statement = Statement::both("DELETE FROM audit WHERE tenant = $1 AND number <= $2");

impl Store {
    /// Writes entries that belong to no other change.
    pub(crate) async fn audit(&self, entries: &[Audit]) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        append(&mut transaction, entries).await?;
        transaction.commit().await
    }

    /// Returns entries of a tenant before the number `before`, the newest first.
    pub(crate) async fn audit_page(
        &self,
        tenant: TenantId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, DbError> {
        let rows = self.db.rows(&PAGE, args![tenant.to_string(), before, limit]).await?;
        rows.iter().map(read).collect()
    }

    /// Returns entries of a tenant after a number, the oldest first.
    pub(crate) async fn audit_after(
        &self,
        tenant: TenantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, DbError> {
        let rows = self.db.rows(&AFTER, args![tenant.to_string(), after, limit]).await?;
        rows.iter().map(read).collect()
    }

    /// Returns where a tenant's chain ends, and after what its kept entries begin.
    pub(crate) async fn audit_head(&self, tenant: TenantId) -> Result<AuditHead, DbError> {
        let none = || Hash([0; 32]).hex();
        let Some(row) = self.db.row(&ENDS, args![tenant.to_string()]).await? else {
            return Ok(AuditHead { tenant, number: 0, hash: none(), base_number: 0, base_hash: none() });
        };
        Ok(AuditHead {
            tenant,
            number: row.unsigned("number")?,
            hash: row.text("hash")?.to_owned(),
            base_number: row.unsigned("base_number")?,
            base_hash: row.text("base_hash")?.to_owned(),
        })
    }
}

/// Forgets what was written before `until`. What is kept still stands on what was before it, and can be checked.
pub(super) async fn forget(transaction: &mut Transaction, until: Timestamp) -> Result<(), DbError> {
    for row in transaction.rows(&OLD, args![until.0]).await? {
        let (tenant, last) = (row.text("tenant")?, row.int("last")?);
        transaction.execute(&MOVE_BASE, args![tenant, last]).await?;
        transaction.execute(&FORGET, args![tenant, last]).await?;
    }
    Ok(())
}

/// Appends entries of one tenant to its chain, as part of what they speak of. Returns where the last of them stands,
/// where there is any.
pub(super) async fn append(
    transaction: &mut Transaction,
    entries: &[Audit],
) -> Result<Option<Head>, DbError> {
    let Some(first) = entries.first() else { return Ok(None) };
    let tenant = first.tenant.to_string();
    let mut head = transaction.row(&HEAD, args![&tenant]).await?;
    if head.is_none() {
        transaction.execute(&FIRST, args![&tenant]).await?;
        head = transaction.row(&HEAD, args![&tenant]).await?;
    }
    let mut head = match head {
        Some(row) => Head { number: row.unsigned("number")?, hash: row.parsed("hash")? },
        None => Head::EMPTY,
    };
    let mut stored = Vec::with_capacity(entries.len());
    for entry in entries {
        let salt = hex::encode(service::dice::bytes::<16>());
        let texts = [
            &*entry.who,
            &*entry.source,
            entry.what,
            &*entry.subject,
            &*entry.devices,
            &*entry.rule,
            &*entry.result,
        ];
        let hashed = proof::audit::Entry {
            chain: &tenant,
            number: head.number + 1,
            at: entry.at.0,
            salt: &salt,
            texts: &texts,
        };
        head = head.then(hashed.hash());
        stored.push(Stored {
            number: head.number,
            at: entry.at.0,
            who: &entry.who,
            source: &entry.source,
            what: entry.what,
            subject: &entry.subject,
            devices: &entry.devices,
            rule: &entry.rule,
            result: &entry.result,
            salt,
            hash: head.hash.hex(),
        });
    }
    transaction.execute(&INSERT, args![&tenant].set(&stored)).await?;
    transaction.execute(&MOVE_HEAD, args![&tenant, head.number, head.hash.hex()]).await?;
    Ok(Some(head))
}

fn read(row: &Row) -> Result<AuditEntry, DbError> {
    Ok(AuditEntry {
        number: row.unsigned("number")?,
        at: Timestamp(row.int("at")?),
        who: row.text("who")?.to_owned(),
        from: row.text("source")?.to_owned(),
        what: row.text("what")?.to_owned(),
        subject: row.text("subject")?.to_owned(),
        devices: row.text("devices")?.to_owned(),
        rule: row.text("rule")?.to_owned(),
        result: row.text("result")?.to_owned(),
        salt: row.text("salt")?.to_owned(),
        hash: row.text("hash")?.to_owned(),
    })
}
