//! A copy made while the database is in use, and a database restored from it.

use std::os::unix::fs::PermissionsExt;

use database::{Db, DbError, Statement, args};
use testkit::databases::{memory, postgres, sqlite};
use tokio::task::JoinSet;

const TABLE: Statement = Statement::both("CREATE TABLE pair (id BIGINT PRIMARY KEY, twin BIGINT NOT NULL)");
const PUT: Statement = Statement::both("INSERT INTO pair (id, twin) VALUES ($1, $2)");
const COUNT: Statement = Statement::both("SELECT count(*) AS count FROM pair");
const LONELY: Statement = Statement::both(
    "SELECT count(*) AS count FROM pair WHERE NOT EXISTS (SELECT 1 FROM pair AS other WHERE other.id = pair.twin)",
);

#[tokio::test]
async fn a_copy_made_during_writes_is_of_one_moment_and_can_be_restored() {
    let test = sqlite().await;
    test.db.write(&TABLE, args![]).await.expect("a table");
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.db");

    let mut writer = JoinSet::new();
    let db = test.db.clone();
    writer.spawn(async move {
        // Each transaction writes two rows that need each other: a copy that tears one apart holds a lonely row.
        for id in (0..4_000).step_by(2) {
            let mut transaction = db.begin().await.expect("begins");
            transaction.execute(&PUT, args![id, id + 1]).await.expect("writes");
            transaction.execute(&PUT, args![id + 1, id]).await.expect("writes");
            transaction.commit().await.expect("commits");
        }
    });
    while count(&test.db, &COUNT).await < 100 {
        tokio::task::yield_now().await;
    }
    test.db.backup(&copy).await.expect("a copy");
    writer.join_next().await.expect("one writer").expect("no panic");

    assert_eq!(std::fs::metadata(&copy).expect("there").permissions().mode() & 0o777, 0o600);
    let restored = folder.path().join("restored.db");
    std::fs::rename(&copy, &restored).expect("put in its place");
    let restored = Db::open(&format!("sqlite:{}", restored.display())).await.expect("opens");
    let rows = count(&restored, &COUNT).await;
    assert!((100..=4_000).contains(&rows), "{rows} rows in the copy");
    assert_eq!(count(&restored, &LONELY).await, 0, "a transaction was torn apart");
    restored.write(&PUT, args![10_000, 10_000]).await.expect("the restored database can be written");
}

#[tokio::test]
async fn a_copy_overwrites_nothing() {
    let test = memory().await;
    test.db.write(&TABLE, args![]).await.expect("a table");
    let folder = tempfile::tempdir().expect("a folder");
    let there = folder.path().join("there.db");
    std::fs::write(&there, "precious").expect("writes");
    let error = test.db.backup(&there).await.expect_err("it exists");
    assert_eq!(error.to_string(), format!("failed to write {}", there.display()));
    assert_eq!(std::fs::read_to_string(&there).expect("reads"), "precious");
    test.db.backup(&folder.path().join("new.db")).await.expect("memory can be copied too");
}

#[tokio::test]
async fn postgresql_is_copied_by_its_own_tools() {
    let test = postgres().await;
    let folder = tempfile::tempdir().expect("a folder");
    let error = test.db.backup(&folder.path().join("copy.db")).await.expect_err("not ours to copy");
    assert!(matches!(error, DbError::UsePgDump), "{error:?}");
    assert!(error.to_string().contains("pg_dump"), "{error}");
}

async fn count(db: &Db, statement: &Statement) -> i64 {
    db.rows(statement, args![]).await.expect("reads")[0].int("count").expect("a number")
}
