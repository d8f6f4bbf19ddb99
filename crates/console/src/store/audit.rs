//! The audit: one hash chain for each tenant.

use action::{TenantId, Timestamp};
use aws_lc_rs::digest::{Context, SHA256};
use console_api::AuditEntry;
use database::{DbError, Row, Statement, Transaction, args};
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
    result: &'a str,
    hash: String,
}

const FIRST: Statement = Statement::both(
    "INSERT INTO audit_head (tenant, number, hash) VALUES ($1, 0, '') ON CONFLICT (tenant) DO NOTHING",
);
const HEAD: Statement = Statement::split(
    "SELECT number, hash FROM audit_head WHERE tenant = $1",
    "SELECT number, hash FROM audit_head WHERE tenant = $1 FOR UPDATE",
);
const MOVE_HEAD: Statement =
    Statement::both("UPDATE audit_head SET number = $2, hash = $3 WHERE tenant = $1");
const INSERT: Statement = Statement::split(
    "INSERT INTO audit (tenant, number, at, who, source, what, subject, result, hash)
     SELECT $1, value ->> 'number', value ->> 'at', value ->> 'who', value ->> 'source', value ->> 'what',
            value ->> 'subject', value ->> 'result', value ->> 'hash' FROM json_each($2)",
    "INSERT INTO audit (tenant, number, at, who, source, what, subject, result, hash)
     SELECT $1, number, at, who, source, what, subject, result, hash FROM json_to_recordset($2::json)
     AS x (number bigint, at bigint, who text, source text, what text, subject text, result text, hash text)",
);
const PAGE: Statement = Statement::both(
    "SELECT number, at, who, source, what, subject, result, hash FROM audit
     WHERE tenant = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
);

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
}

/// Appends entries of one tenant to its chain, as part of what they speak of.
pub(super) async fn append(transaction: &mut Transaction, entries: &[Audit]) -> Result<(), DbError> {
    let Some(first) = entries.first() else { return Ok(()) };
    let tenant = first.tenant.to_string();
    let mut head = transaction.row(&HEAD, args![&tenant]).await?;
    if head.is_none() {
        transaction.execute(&FIRST, args![&tenant]).await?;
        head = transaction.row(&HEAD, args![&tenant]).await?;
    }
    let (mut number, mut hash) = match head {
        Some(row) => (row.unsigned("number")?, row.text("hash")?.to_owned()),
        None => (0, String::new()),
    };
    let mut stored = Vec::with_capacity(entries.len());
    for entry in entries {
        number += 1;
        hash = chained(&hash, number, entry);
        stored.push(Stored {
            number,
            at: entry.at.0,
            who: &entry.who,
            source: &entry.source,
            what: entry.what,
            subject: &entry.subject,
            result: &entry.result,
            hash: hash.clone(),
        });
    }
    transaction.execute(&INSERT, args![&tenant].set(&stored)).await?;
    transaction.execute(&MOVE_HEAD, args![&tenant, number, hash]).await.map(|_| ())
}

/// Returns the hash of an entry and of all before it. Each text goes in with its length, so that no two entries that
/// differ are the same bytes.
fn chained(before: &str, number: u64, entry: &Audit) -> String {
    let mut context = Context::new(&SHA256);
    let (number, at, tenant) = (number.to_string(), entry.at.0.to_string(), entry.tenant.to_string());
    let texts =
        [before, &number, &at, &tenant, &entry.who, &entry.source, entry.what, &entry.subject, &entry.result];
    context.update(b"tenon/audit/1");
    for text in texts {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    hex::encode(context.finish())
}

fn read(row: &Row) -> Result<AuditEntry, DbError> {
    Ok(AuditEntry {
        number: row.unsigned("number")?,
        at: Timestamp(row.int("at")?),
        who: row.text("who")?.to_owned(),
        from: row.text("source")?.to_owned(),
        what: row.text("what")?.to_owned(),
        subject: row.text("subject")?.to_owned(),
        result: row.text("result")?.to_owned(),
        hash: row.text("hash")?.to_owned(),
    })
}
