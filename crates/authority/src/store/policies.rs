//! Policies and their documents. A document is known by its SHA-256 and never changes.

use database::{DbError, Statement, Transaction, args};

use super::{Store, devices::json};

/// A policy, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredPolicy {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: u64,
    /// SHA-256 of its document, hexadecimal.
    pub(crate) sha256: String,
    /// The ids of the collections that it is assigned to.
    pub(crate) collections: Vec<String>,
    /// Whether it was removed; its name and version stay taken.
    pub(crate) removed: bool,
}

const ALL: Statement =
    Statement::both("SELECT id, name, version, sha256, collections, removed FROM policy ORDER BY name");
const PUT: Statement = Statement::both(
    "INSERT INTO policy (id, name, version, sha256, collections, removed) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, sha256 = excluded.sha256, \
     collections = excluded.collections, removed = excluded.removed",
);
const PUT_DOCUMENT: Statement = Statement::both(
    "INSERT INTO document (sha256, document) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING",
);
const DOCUMENT: Statement = Statement::both("SELECT document FROM document WHERE sha256 = $1");

impl Store {
    /// Returns the policies, with those that were removed.
    pub(crate) async fn policies(&self) -> Result<Vec<StoredPolicy>, DbError> {
        let rows = self.db.rows(&ALL, args![]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredPolicy {
                    id: row.text("id")?.to_owned(),
                    name: row.text("name")?.to_owned(),
                    version: row.unsigned("version")?,
                    sha256: row.text("sha256")?.to_owned(),
                    collections: row.json("collections")?,
                    removed: row.flag("removed")?,
                })
            })
            .collect()
    }

    /// Stores a policy, or a new version of it.
    pub(crate) async fn put_policy(change: &mut Transaction, policy: &StoredPolicy) -> Result<(), DbError> {
        let StoredPolicy { id, name, version, sha256, collections, removed } = policy;
        let arguments =
            args![id.as_str(), name.as_str(), *version, sha256.as_str(), json(collections), *removed];
        change.execute(&PUT, arguments).await?;
        Ok(())
    }

    /// Stores a document under its hash.
    pub(crate) async fn put_document(
        change: &mut Transaction,
        sha256: &str,
        document: &str,
    ) -> Result<(), DbError> {
        change.execute(&PUT_DOCUMENT, args![sha256, document]).await?;
        Ok(())
    }

    /// Returns the document with that hash.
    pub(crate) async fn document(&self, sha256: &str) -> Result<Option<String>, DbError> {
        let row = self.db.row(&DOCUMENT, args![sha256]).await?;
        row.map(|row| row.text("document").map(str::to_owned)).transpose()
    }
}
