//! The three databases that a store must run on: SQLite in memory, SQLite in a file, PostgreSQL.

use database::Db;
use tempfile::TempDir;

use crate::postgres;

/// An empty database, gone when this is dropped (on PostgreSQL with the server, when the process ends).
#[derive(Debug)]
pub struct TestDb {
    /// Which one, for the messages of a test: `memory`, `sqlite`, `postgres`.
    pub name: &'static str,
    /// The database.
    pub db: Db,
    /// Its URL. Opened again, it is the same database, except in memory.
    pub url: String,
    _folder: Option<TempDir>,
}

/// Returns an empty database of each kind.
///
/// # Panics
///
/// Where one of them cannot be set up.
pub async fn databases() -> Vec<TestDb> {
    vec![memory().await, sqlite().await, postgres().await]
}

/// Returns an empty database in memory.
///
/// # Panics
///
/// Where it cannot be set up.
pub async fn memory() -> TestDb {
    open("memory", "sqlite::memory:".to_owned(), None).await
}

/// Returns an empty database in a file.
///
/// # Panics
///
/// Where it cannot be set up.
pub async fn sqlite() -> TestDb {
    let folder = TempDir::with_prefix("tenon-sqlite-").expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    open("sqlite", url, Some(folder)).await
}

/// Returns an empty PostgreSQL database on the process's own server ([`postgres::shared`]).
///
/// # Panics
///
/// Where it cannot be set up.
pub async fn postgres() -> TestDb {
    let url = postgres::shared().database().await;
    open("postgres", url, None).await
}

async fn open(name: &'static str, url: String, folder: Option<TempDir>) -> TestDb {
    let db = match Db::open(&url).await {
        Ok(db) => db,
        Err(error) => panic!("failed to open the {name} test database {url}: {error:?}"),
    };
    TestDb { name, db, url, _folder: folder }
}
