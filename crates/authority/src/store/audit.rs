//! The audit: who did what, by which rule, with which result. Each entry's hash covers the entry before it.
//!
//! An entry's own hash is salted, and the chain is made of these ([`proof::audit`]), so that the console can keep the
//! hashes and learns nothing from them. Entries of earlier versions have no salt, and are hashed as they were then.

use action::{Audited, Timestamp};
use authority_link::AuditLine;
use database::{DbError, Row, Statement, Transaction, args};
use proof::{
    Hash,
    audit::{Entry, Head},
};
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
const PUT: Statement =
    Statement::both("INSERT INTO audit (number, at, entry, hash, salt) VALUES ($1, $2, $3, $4, $5)");
const PAGE: Statement = Statement::both(
    "SELECT number, at, entry, hash, salt FROM audit WHERE number > $1 ORDER BY number LIMIT 1000",
);

const FORGET: Statement =
    Statement::both("DELETE FROM audit WHERE at < $1 AND number < (SELECT max(number) FROM audit)");

/// The hash before the first entry.
const BEGINNING: &str = "";

impl Store {
    /// Adds an entry, in the same commit as what it is about; returns its number.
    pub(crate) async fn audit(change: &mut Transaction, entry: &AuditEntry) -> Result<u64, DbError> {
        Self::audited(change, entry).await.map(|place| place.number)
    }

    /// The same; returns its place.
    pub(crate) async fn audited(change: &mut Transaction, entry: &AuditEntry) -> Result<Audited, DbError> {
        let (number, before) = match change.row(&LAST, args![]).await? {
            Some(row) => (row.unsigned("number")? + 1, row.text("hash")?.to_owned()),
            None => (1, BEGINNING.to_owned()),
        };
        let (text, salt) = (json(entry), hex::encode(service::dice::bytes::<16>()));
        let hash = chained(&before, number, entry.at.0, &salt, &text);
        change.execute(&PUT, args![number, entry.at.0, text, hash.as_str(), salt]).await?;
        Ok(Audited { number, hash })
    }

    /// Checks the chain behind entry `after`. Of the oldest entry that is read only the hash is used, unless it is the
    /// very first: the entry before it is forgotten, or was checked before. Returns the last number that fits, or as an
    /// error the first that does not.
    pub(crate) async fn verify_audit(&self, after: u64) -> Result<Result<u64, u64>, DbError> {
        let mut known: Option<(u64, String)> = None;
        loop {
            let from = known.as_ref().map_or(after, |(number, _)| *number);
            let rows = self.db.rows(&PAGE, args![from]).await?;
            if rows.is_empty() {
                return Ok(Ok(from));
            }
            for row in rows {
                let (number, hash) = (row.unsigned("number")?, row.text("hash")?);
                if number == 1 && known.is_none() {
                    known = Some((0, BEGINNING.to_owned()));
                }
                if let Some((last, before)) = &known
                    && (number != last + 1 || hash != chained_row(before, number, &row)?)
                {
                    return Ok(Err(last + 1));
                }
                known = Some((number, hash.to_owned()));
            }
        }
    }

    /// Returns the entries, at most 1,000.
    #[cfg(test)]
    pub(crate) async fn audit_entries(&self) -> Vec<AuditEntry> {
        let rows = self.db.rows(&PAGE, args![0_u64]).await.expect("readable");
        rows.iter().map(|row| row.json("entry").expect("an entry")).collect()
    }

    /// Returns a page of the entries behind `after`, at most 1,000.
    pub(crate) async fn audit_page(&self, after: u64) -> Result<Vec<AuditLine>, DbError> {
        let rows = self.db.rows(&PAGE, args![after]).await?;
        let line = |row: &database::Row| {
            Ok(AuditLine {
                number: row.unsigned("number")?,
                entry: row.text("entry")?.to_owned(),
                salt: row.text("salt")?.to_owned(),
                hash: row.text("hash")?.to_owned(),
            })
        };
        rows.iter().map(line).collect()
    }

    /// Returns the number and the hash of the last entry; 0 and none where there is no entry.
    pub(crate) async fn audit_head(&self) -> Result<(u64, String), DbError> {
        match self.db.row(&LAST, args![]).await? {
            Some(row) => Ok((row.unsigned("number")?, row.text("hash")?.to_owned())),
            None => Ok((0, BEGINNING.to_owned())),
        }
    }

    /// Returns the number of the last entry; 0 where there is none.
    pub(crate) async fn last_audit(&self) -> Result<u64, DbError> {
        self.db.row(&LAST, args![]).await?.map_or(Ok(0), |row| row.unsigned("number"))
    }

    /// Forgets entries from before `from`, but never the last: the chain goes on from it.
    pub(crate) async fn forget_audit(&self, from: Timestamp) -> Result<u64, DbError> {
        self.db.write(&FORGET, args![from.0]).await
    }
}

/// Returns the own hash of an entry.
pub(super) fn own_hash(number: u64, row: &Row) -> Result<Hash, DbError> {
    Ok(entry_hash(number, row.int("at")?, row.text("salt")?, row.text("entry")?))
}

fn chained_row(before: &str, number: u64, row: &Row) -> Result<String, DbError> {
    Ok(chained(before, number, row.int("at")?, row.text("salt")?, row.text("entry")?))
}

fn chained(before: &str, number: u64, at: i64, salt: &str, entry: &str) -> String {
    if salt.is_empty() {
        return Hash::of(format!("tenon/audit/1\n{before}\n{number}\n{entry}").as_bytes()).hex();
    }
    let before = if before == BEGINNING { Some(Head::EMPTY.hash) } else { before.parse().ok() };
    // What is no hash was put there by somebody else; nothing stands on it.
    let Some(hash) = before else { return String::new() };
    Head { number: number.saturating_sub(1), hash }.then(entry_hash(number, at, salt, entry)).hash.hex()
}

fn entry_hash(number: u64, at: i64, salt: &str, entry: &str) -> Hash {
    Entry { chain: "site", number, at, salt, texts: &[entry] }.hash()
}
