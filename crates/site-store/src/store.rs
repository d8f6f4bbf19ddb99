//! The store itself.

use database::{Db, DbError};

use crate::schema::MIGRATIONS;

/// The site's operational database. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct SiteStore {
    pub(crate) db: Db,
}

impl SiteStore {
    /// Opens the store in a database and brings its tables to the newest version.
    ///
    /// # Errors
    ///
    /// Where the database cannot be migrated, or a newer program has been here.
    pub async fn open(db: Db) -> Result<Self, DbError> {
        db.migrate(&MIGRATIONS).await?;
        Ok(Self { db })
    }

    /// Returns the database that holds the store, for counting commits and for backups.
    pub fn db(&self) -> &Db {
        &self.db
    }
}
