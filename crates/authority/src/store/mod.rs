//! The authority's own store: devices, rules, policies, join tokens, decisions and the audit.
//!
//! The authority is one process and keeps what it decides by in memory ([`crate::site`]); the store is the truth from which
//! that is loaded. Each function that changes something takes a transaction, so that the change and its audit entry are one
//! commit.

mod migrations;
mod devices;
mod rules;
mod policies;
mod tokens;
mod decisions;
mod audit;

use database::{Db, DbError, Transaction};

pub(crate) use audit::AuditEntry;
pub(crate) use decisions::StoredDecision;
pub(crate) use devices::StoredDevice;
pub(crate) use policies::StoredPolicy;
pub(crate) use rules::{StoredAssignment, StoredCollection, StoredRole};
pub(crate) use tokens::StoredToken;

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

    /// Writes a copy of the store into a file.
    pub(crate) async fn backup(&self, to: &std::path::Path) -> Result<(), DbError> {
        self.db.backup(to).await
    }
}

#[cfg(test)]
mod tests;
