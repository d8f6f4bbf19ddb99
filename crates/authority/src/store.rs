//! The authority's own store: devices, rules, policies, join tokens, decisions and the audit.
//!
//! The authority is one process and keeps what it decides by in memory ([`crate::site`]); the store is the truth from which
//! that is loaded. Each function that changes something takes a transaction, so that the change and its audit entry are one
//! commit.

mod migrations;
mod devices;
mod rules;
mod scopes;
mod policies;
mod applications;
mod tokens;
mod proofs;
mod pairings;
mod seen;
mod decisions;
mod approvals;
mod rollouts;
mod issuers;
mod audit;
mod witness;
mod numbers;

use std::path::Path;

use database::{Db, DbError, Transaction};

pub(crate) use applications::{StoredApplication, StoredDeployment};
pub(crate) use approvals::StoredWaiting;
pub(crate) use audit::AuditEntry;
pub(crate) use decisions::StoredDecision;
pub(crate) use devices::StoredDevice;
pub(crate) use issuers::StoredIssuer;
pub(crate) use pairings::StoredPairing;
pub(crate) use policies::{StoredPolicy, StoredVersion};
pub(crate) use proofs::{StoredGrant, StoredKey};
pub(crate) use rules::{StoredAssignment, StoredCollection, StoredPerson, StoredRole};
pub(crate) use tokens::StoredToken;
pub(crate) use witness::HEAD_KEPT;

/// The series that grows with every change that a device's manifest or the console's mirror could show.
pub(crate) const GENERATION: &str = "generation";

/// Set in a copy that was made for a backup.
const IS_A_COPY: &str = "is a copy";

/// A handle to the authority's store.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    db: Db,
}

impl Store {
    /// Opens the store and brings its tables to the newest version.
    pub(crate) async fn open(db: Db) -> Result<Self, DbError> {
        db.migrate(&migrations::MIGRATIONS).await?;
        Ok(Self { db })
    }

    /// Begins a change.
    pub(crate) async fn begin(&self) -> Result<Transaction, DbError> {
        self.db.begin().await
    }

    /// Returns how many changes were made durable.
    #[cfg(test)]
    pub(crate) fn commits(&self) -> u64 {
        self.db.commits()
    }

    /// Runs a statement that the program has not.
    #[cfg(test)]
    pub(crate) async fn write_for_test(&self, statement: &database::Statement) {
        self.db.write(statement, database::args![]).await.expect("written");
    }

    /// Closes the database.
    #[cfg(test)]
    pub(crate) async fn close(&self) {
        self.db.close().await;
    }

    /// Writes a copy of the store into a file, and marks it as one: an authority that is started on it knows that the
    /// site was restored.
    pub(crate) async fn backup(&self, to: &Path) -> Result<(), DbError> {
        self.db.backup(to).await?;
        let copy = Store { db: Db::open(&format!("sqlite:{}", to.display())).await? };
        let mut change = copy.begin().await?;
        Self::put_number(&mut change, IS_A_COPY, 1).await?;
        change.commit().await?;
        copy.db.close().await;
        Ok(())
    }

    /// Returns whether the store was made by [`Store::backup`] and not used since.
    pub(crate) async fn is_a_copy(&self) -> Result<bool, DbError> {
        Ok(self.number(IS_A_COPY).await? != 0)
    }

    /// Takes a store that was put back into use: what devices and callers must never see go back, skips ahead.
    pub(crate) async fn restore(&self, skipped: u64) -> Result<(), DbError> {
        let generation = self.number(GENERATION).await?;
        let mut change = self.begin().await?;
        Self::put_number(&mut change, IS_A_COPY, 0).await?;
        Self::put_number(&mut change, GENERATION, generation + skipped).await?;
        change.commit().await
    }
}

#[cfg(test)]
mod tests;
