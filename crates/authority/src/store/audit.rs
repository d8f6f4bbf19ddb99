//! The audit: who did what, by which rule, with which result. Each entry's hash covers the entry before it.

use action::Timestamp;
use aws_lc_rs::digest::{SHA256, digest};
use database::{DbError, Statement, Transaction, args};
use serde::{Deserialize, Serialize};

use super::{Store, devices::json};

/// An entry of the audit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct AuditEntry {
    /// When.
    pub(crate) at: Timestamp,
    /// Who: a person, with how the site knows it was them; or the site's owner.
    pub(crate) who: String,
    /// What was asked, such as `device action RequestMachinePolicy`.
    pub(crate) what: String,
    /// The action's id, or the name of what was changed.
    pub(crate) subject: String,
    /// The rule that allowed it, or the reason that refused it.
    pub(crate) rule: String,
    /// `allowed`, `refused` or `done`.
    pub(crate) result: String,
}

const LAST: Statement = Statement::both("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1");
const PUT: Statement = Statement::both("INSERT INTO audit (number, at, entry, hash) VALUES ($1, $2, $3, $4)");
#[cfg(test)]
const PAGE: Statement =
    Statement::both("SELECT number, entry, hash FROM audit WHERE number > $1 ORDER BY number LIMIT 1000");
const NEXT_NUMBER: Statement = Statement::both(
    "INSERT INTO number (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = number.value + 1 \
     RETURNING value",
);

const NUMBER: Statement = Statement::both("SELECT value FROM number WHERE name = $1");
const PUT_NUMBER: Statement = Statement::both(
    "INSERT INTO number (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);

/// The hash before the first entry.
const BEGINNING: &str = "";

impl Store {
    /// Adds an entry, in the same commit as what it is about.
    pub(crate) async fn audit(change: &mut Transaction, entry: &AuditEntry) -> Result<(), DbError> {
        let (number, before) = match change.row(&LAST, args![]).await? {
            Some(row) => (row.unsigned("number")? + 1, row.text("hash")?.to_owned()),
            None => (1, BEGINNING.to_owned()),
        };
        let text = json(entry);
        let hash = chained(&before, number, &text);
        change.execute(&PUT, args![number, entry.at.0, text, hash]).await?;
        Ok(())
    }

    #[cfg(test)]
    /// Checks the chain from its beginning; returns the number of the first entry that does not fit, or how many fit.
    pub(crate) async fn verify_audit(&self) -> Result<Result<u64, u64>, DbError> {
        let mut before = BEGINNING.to_owned();
        let mut last = 0;
        loop {
            let rows = self.db.rows(&PAGE, args![last]).await?;
            if rows.is_empty() {
                return Ok(Ok(last));
            }
            for row in rows {
                let number = row.unsigned("number")?;
                let hash = row.text("hash")?;
                if number != last + 1 || hash != chained(&before, number, row.text("entry")?) {
                    return Ok(Err(last + 1));
                }
                hash.clone_into(&mut before);
                last = number;
            }
        }
    }

    /// Returns a number that is kept under a name; 0 where none is.
    pub(crate) async fn number(&self, name: &str) -> Result<u64, DbError> {
        self.db.row(&NUMBER, args![name]).await?.map_or(Ok(0), |row| row.unsigned("value"))
    }

    /// Keeps a number under a name.
    pub(crate) async fn put_number(change: &mut Transaction, name: &str, value: u64) -> Result<(), DbError> {
        change.execute(&PUT_NUMBER, args![name, value]).await?;
        Ok(())
    }

    /// Returns the next number of a series that only grows, such as that of collections.
    pub(crate) async fn next_number(change: &mut Transaction, series: &str) -> Result<u64, DbError> {
        match change.row(&NEXT_NUMBER, args![series]).await? {
            Some(row) => row.unsigned("value"),
            None => Ok(1),
        }
    }
}

fn chained(before: &str, number: u64, entry: &str) -> String {
    hex::encode(digest(&SHA256, format!("tenon/audit/1\n{before}\n{number}\n{entry}").as_bytes()))
}
