//! Policies, their versions and their documents. A document is known by its SHA-256 and never changes.

use action::Timestamp;
use database::{DbError, Row, Statement, Transaction, args};

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
    /// The users that it is applied as; none: machine policy.
    pub(crate) users: Vec<String>,
    /// Of policies that describe one thing differently, the highest stands.
    pub(crate) priority: u32,
    /// Whether it was removed; its name and version stay taken.
    pub(crate) removed: bool,
}

/// A version of a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredVersion {
    /// What the policy was.
    pub(crate) policy: StoredPolicy,
    /// When the version was made.
    pub(crate) at: Timestamp,
    /// How it came to be.
    pub(crate) what: String,
}

const ALL: Statement = Statement::both(
    "SELECT id, name, version, sha256, collections, users, priority, removed FROM policy ORDER BY name",
);
const PUT: Statement = Statement::both(
    "INSERT INTO policy (id, name, version, sha256, collections, users, priority, removed) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, sha256 = excluded.sha256, \
     collections = excluded.collections, users = excluded.users, priority = excluded.priority, \
     removed = excluded.removed",
);
const PUT_VERSION: Statement = Statement::both(
    "INSERT INTO policy_version (id, name, version, sha256, collections, users, priority, removed, at, what) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const VERSIONS: Statement = Statement::both(
    "SELECT id, name, version, sha256, collections, users, priority, removed, at, what FROM policy_version \
     WHERE id = $1 ORDER BY version DESC",
);
const PUT_DOCUMENT: Statement = Statement::both(
    "INSERT INTO document (sha256, document) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING",
);
const DOCUMENT: Statement = Statement::both("SELECT document FROM document WHERE sha256 = $1");
const IN_FORCE: Statement = Statement::both(
    "SELECT policy.name AS name, document.document AS document FROM policy \
     JOIN document ON document.sha256 = policy.sha256 WHERE policy.removed = 0 ORDER BY policy.name",
);

impl Store {
    /// Returns the policies, with those that were removed.
    pub(crate) async fn policies(&self) -> Result<Vec<StoredPolicy>, DbError> {
        let rows = self.db.rows(&ALL, args![]).await?;
        rows.iter().map(policy).collect()
    }

    /// Returns the versions of a policy, the newest first.
    pub(crate) async fn policy_versions(&self, id: &str) -> Result<Vec<StoredVersion>, DbError> {
        let rows = self.db.rows(&VERSIONS, args![id]).await?;
        rows.iter()
            .map(|row| {
                let (policy, at) = (policy(row)?, Timestamp(row.int("at")?));
                Ok(StoredVersion { policy, at, what: row.text("what")?.to_owned() })
            })
            .collect()
    }

    /// Stores a policy, or a new version of it.
    pub(crate) async fn put_policy(
        change: &mut Transaction,
        policy: &StoredPolicy,
        now: Timestamp,
        what: &str,
    ) -> Result<(), DbError> {
        let StoredPolicy { id, name, version, sha256, collections, users, priority, removed } = policy;
        let priority = u64::from(*priority);
        let (collections, users) = (json(collections), json(users));
        let (id, name, sha256) = (id.as_str(), name.as_str(), sha256.as_str());
        let arguments =
            args![id, name, *version, sha256, collections.as_str(), users.as_str(), priority, *removed];
        change.execute(&PUT, arguments).await?;
        let arguments =
            args![id, name, *version, sha256, collections, users, priority, *removed, now.0, what];
        change.execute(&PUT_VERSION, arguments).await?;
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

    /// Returns the names and documents of the policies that are in force.
    pub(crate) async fn documents_in_force(&self) -> Result<Vec<(String, String)>, DbError> {
        let rows = self.db.rows(&IN_FORCE, args![]).await?;
        rows.iter().map(|row| Ok((row.text("name")?.to_owned(), row.text("document")?.to_owned()))).collect()
    }
}

fn policy(row: &Row) -> Result<StoredPolicy, DbError> {
    Ok(StoredPolicy {
        id: row.text("id")?.to_owned(),
        name: row.text("name")?.to_owned(),
        version: row.unsigned("version")?,
        sha256: row.text("sha256")?.to_owned(),
        collections: row.json("collections")?,
        users: row.json("users")?,
        priority: u32::try_from(row.unsigned("priority")?).unwrap_or(u32::MAX),
        removed: row.flag("removed")?,
    })
}
