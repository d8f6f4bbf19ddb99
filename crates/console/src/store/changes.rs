//! What changed, numbered for each tenant, so that a page that lost its connection misses nothing.

use action::{TenantId, Timestamp};
use console_api::{Change, LiveChange};
use database::{DbError, Statement, Transaction, args};
use serde::Serialize;

use super::Store;

#[derive(Serialize)]
struct Stored {
    number: u64,
    body: String,
}

/// Takes numbers: the row stays locked until the commit, so that numbers become visible in their order.
const TAKE: Statement =
    Statement::both("UPDATE tenant SET changes = changes + $2 WHERE id = $1 RETURNING changes");
const INSERT: Statement = Statement::split(
    "INSERT INTO change (tenant, number, at, body)
     SELECT $1, value ->> 'number', $2, value ->> 'body' FROM json_each($3)",
    "INSERT INTO change (tenant, number, at, body)
     SELECT $1, number, $2, body FROM json_to_recordset($3::json) AS x (number bigint, body text)",
);
const AFTER: Statement = Statement::both(
    "SELECT number, body FROM change WHERE tenant = $1 AND number > $2 ORDER BY number LIMIT $3",
);
const OLDEST: Statement = Statement::split(
    "SELECT MIN(number) AS number FROM change WHERE tenant = $1",
    "SELECT MIN(number) AS number FROM change WHERE tenant = $1",
);
const LAST: Statement = Statement::both("SELECT changes FROM tenant WHERE id = $1");

impl Store {
    /// Returns the number of the tenant's last change.
    pub(crate) async fn last_change(&self, tenant: TenantId) -> Result<u64, DbError> {
        match self.db.row(&LAST, args![tenant.to_string()]).await? {
            Some(row) => row.unsigned("changes"),
            None => Ok(0),
        }
    }

    /// Returns the number of the oldest change that is kept, where any is.
    pub(crate) async fn oldest_change(&self, tenant: TenantId) -> Result<Option<u64>, DbError> {
        let row = self.db.row(&OLDEST, args![tenant.to_string()]).await?;
        let number = row.map(|row| row.opt_int("number")).transpose()?.flatten();
        Ok(number.and_then(|number| u64::try_from(number).ok()))
    }

    /// Returns changes after `after`, in their order.
    pub(crate) async fn changes_after(
        &self,
        tenant: TenantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<LiveChange>, DbError> {
        #[cfg(test)]
        self.change_reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let rows = self.db.rows(&AFTER, args![tenant.to_string(), after, limit]).await?;
        rows.iter()
            .map(|row| Ok(LiveChange { id: row.unsigned("number")?, change: row.json("body")? }))
            .collect()
    }
}

/// Numbers changes and keeps them, as part of what they speak of.
pub(super) async fn append(
    transaction: &mut Transaction,
    tenant: TenantId,
    changes: &[Change],
    now: Timestamp,
) -> Result<(), DbError> {
    if changes.is_empty() {
        return Ok(());
    }
    let tenant = tenant.to_string();
    let count = changes.len() as u64;
    let Some(row) = transaction.row(&TAKE, args![&tenant, count]).await? else { return Ok(()) };
    let first = row.unsigned("changes")?.saturating_sub(count);
    let stored: Vec<Stored> = (first + 1..)
        .zip(changes)
        .map(|(number, change)| Stored { number, body: serde_json::to_string(change).unwrap_or_default() })
        .collect();
    transaction.execute(&INSERT, args![&tenant, now.0].set(&stored)).await.map(|_| ())
}
