//! What every store may rely on, on each engine.

use std::sync::Arc;

use database::{Args, Db, DbError, Engine, Statement, args, locking, over_list, over_set};
use serde::Serialize;
use testkit::{TestDb, databases};
use tokio::task::JoinSet;

const THING: Statement =
    Statement::both("CREATE TABLE thing (id BIGINT PRIMARY KEY, name TEXT UNIQUE, amount BIGINT, raw BYTEA)");
const PUT: Statement = Statement::both("INSERT INTO thing (id, name, amount, raw) VALUES ($1, $2, $3, $4)");
const GET: Statement = Statement::both("SELECT id, name, amount, raw FROM thing WHERE id = $1");
const COUNT: Statement = Statement::both("SELECT count(*) AS count FROM thing");
const READ: Statement = locking!("SELECT amount FROM thing WHERE id = $1");
const WRITE: Statement = Statement::both("UPDATE thing SET amount = $2 WHERE id = $1");

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    for TestDb { name, db, .. } in things().await {
        db.write(&PUT, args![1, "zwölf\u{0301} \u{1f980} 'x' --", i64::MAX, vec![0u8, 255]])
            .await
            .expect(name);
        db.write(&PUT, args![2, None::<&str>, None::<i64>, None::<Vec<u8>>]).await.expect(name);
        db.write(&PUT, args![i64::MIN, "", true, Vec::<u8>::new()]).await.expect(name);
        let row = db.row(&GET, args![1]).await.expect(name).expect(name);
        assert_eq!(row.text("name").expect(name), "zwölf\u{0301} \u{1f980} 'x' --", "{name}");
        assert_eq!(
            (row.int("amount").expect(name), row.bytes("raw").expect(name)),
            (i64::MAX, &[0, 255][..])
        );
        let row = db.row(&GET, args![2]).await.expect(name).expect(name);
        assert_eq!(row.opt_text("name").expect(name), None, "{name}");
        assert_eq!((row.opt_int("amount").expect(name), row.opt_bytes("raw").expect(name)), (None, None));
        let row = db.row(&GET, args![i64::MIN]).await.expect(name).expect(name);
        assert_eq!((row.text("name").expect(name), row.flag("amount").expect(name)), ("", true), "{name}");
        assert!(db.row(&GET, args![3]).await.expect(name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_set_of_any_size_is_one_statement() {
    #[derive(Serialize)]
    struct Thing {
        i: i64,
        n: Option<String>,
    }
    const INSERT: Statement =
        over_set!((i BIGINT, n TEXT) "INSERT INTO thing (id, name, amount) SELECT i, n, $2 FROM x");
    const RENAME: Statement =
        over_set!((i BIGINT, n TEXT) "UPDATE thing SET name = x.n FROM x WHERE thing.id = x.i");
    const NAMED: Statement = over_list!("SELECT id FROM thing WHERE name IN (SELECT v FROM x) ORDER BY id");
    for TestDb { name, db, .. } in things().await {
        let all: Vec<Thing> =
            (0..10_000).map(|i| Thing { i, n: (i > 0).then(|| format!("\"{i}\\")) }).collect();
        let before = db.commits();
        assert_eq!(db.write(&INSERT, Args::default().set(&all).with(7)).await.expect(name), 10_000, "{name}");
        let renamed = [Thing { i: 3, n: Some("three".into()) }, Thing { i: 10_001, n: Some("none".into()) }];
        assert_eq!(db.write(&RENAME, Args::default().set(&renamed)).await.expect(name), 1, "{name}");
        assert_eq!(db.commits() - before, 2, "{name}");
        let rows = db.rows(&NAMED, Args::default().set(&["three", "\"9999\\", "'"])).await.expect(name);
        let ids: Vec<i64> = rows.iter().map(|row| row.int("id").expect(name)).collect();
        assert_eq!(ids, [3, 9_999], "{name}");
        assert_eq!(
            db.write(&INSERT, Args::default().set::<Thing>(&[]).with(7)).await.expect(name),
            0,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_dropped_transaction_changes_nothing_and_counts_for_nothing() {
    for TestDb { name, db, .. } in things().await {
        let before = db.commits();
        let mut transaction = db.begin().await.expect(name);
        transaction.execute(&PUT, args![1, "x", 1, None::<Vec<u8>>]).await.expect(name);
        assert_eq!(transaction.rows(&COUNT, args![]).await.expect(name)[0].int("count").expect(name), 1);
        drop(transaction);
        let transaction = db.begin().await.expect(name);
        transaction.commit().await.expect(name);
        assert_eq!(db.rows(&COUNT, args![]).await.expect(name)[0].int("count").expect(name), 0, "{name}");
        assert_eq!(db.commits(), before, "{name}");
    }
}

#[tokio::test]
async fn who_reads_to_write_is_never_overtaken() {
    for TestDb { name, db, .. } in things().await {
        db.write(&PUT, args![1, "counter", 0, None::<Vec<u8>>]).await.expect(name);
        let db = Arc::new(db);
        let mut writers = JoinSet::new();
        for _ in 0..40 {
            let db = Arc::clone(&db);
            writers.spawn(async move {
                let mut transaction = db.begin().await.expect(name);
                let row = transaction.row(&READ, args![1]).await.expect(name).expect(name);
                let amount = row.int("amount").expect(name);
                transaction.execute(&WRITE, args![1, amount + 1]).await.expect(name);
                transaction.commit().await.expect(name);
            });
        }
        while let Some(writer) = writers.join_next().await {
            writer.expect(name);
        }
        let row = db.row(&GET, args![1]).await.expect(name).expect(name);
        assert_eq!(row.int("amount").expect(name), 40, "{name}");
    }
}

#[tokio::test]
async fn errors_name_what_was_attempted_and_say_what_kind_they_are() {
    for TestDb { name, db, .. } in things().await {
        db.write(&PUT, args![1, "x", 1, None::<Vec<u8>>]).await.expect(name);
        let twice = db.write(&PUT, args![1, "y", 1, None::<Vec<u8>>]).await.expect_err(name);
        assert!(twice.is_constraint() && !twice.is_transient() && !twice.is_full(), "{name}: {twice:?}");
        assert!(twice.to_string().contains("INSERT INTO thing"), "{name}: {twice}");

        let missing = db.rows(&Statement::both("SELECT x FROM nowhere"), args![]).await.expect_err(name);
        assert!(!missing.is_constraint() && !missing.is_transient(), "{name}: {missing:?}");

        let large = db.write(&PUT, args![u64::MAX, "z", 1, None::<Vec<u8>>]).await.expect_err(name);
        assert!(matches!(large, DbError::TooLarge { number: u64::MAX, .. }), "{name}: {large:?}");
        assert_eq!(db.rows(&COUNT, args![]).await.expect(name)[0].int("count").expect(name), 1, "{name}");
    }
}

#[tokio::test]
async fn a_full_disk_is_a_transient_error_of_its_own_and_stores_nothing() {
    const LEAST_PAGES: Statement = Statement::both("PRAGMA max_page_count = 10");
    const MANY_PAGES: Statement = Statement::both("PRAGMA max_page_count = 1000000");
    for TestDb { name, db, .. } in things().await {
        let full = match db.engine() {
            Engine::Sqlite => {
                let mut transaction = db.begin().await.expect(name);
                transaction.rows(&LEAST_PAGES, args![]).await.expect(name);
                transaction.commit().await.expect(name);
                let large = vec![7u8; 1 << 20];
                db.write(&PUT, args![1, "x", 1, large]).await.expect_err(name)
            }
            Engine::Postgres => {
                const FULL: Statement = Statement::both(
                    "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
                );
                db.write(&FULL, args![]).await.expect_err(name)
            }
        };
        assert!(full.is_full() && full.is_transient() && !full.is_constraint(), "{name}: {full:?}");
        assert!(full.to_string().contains("disk is full"), "{name}: {full}");
        assert_eq!(db.rows(&COUNT, args![]).await.expect(name)[0].int("count").expect(name), 0, "{name}");
        if db.engine() == Engine::Sqlite {
            let mut transaction = db.begin().await.expect(name);
            transaction.rows(&MANY_PAGES, args![]).await.expect(name);
            transaction.commit().await.expect(name);
        }
        db.write(&PUT, args![1, "x", 1, vec![7u8; 1 << 20]]).await.expect("it goes on when there is room");
    }
}

#[tokio::test]
async fn a_program_that_cannot_reach_its_database_is_told_which_without_the_password() {
    let away =
        Db::open("postgres://tenon:hunter2@localhost/site?host=/nowhere").await.expect_err("nobody is there");
    assert!(away.is_transient(), "{away:?}");
    assert_eq!(away.to_string(), "failed to open the database postgres://tenon@localhost/site");
    let folder = Db::open("sqlite:/nowhere/site.db").await.expect_err("there is no such folder");
    assert_eq!(folder.to_string(), "failed to write /nowhere/site.db");
}

/// Returns each database with a table to try.
async fn things() -> Vec<TestDb> {
    let databases = databases().await;
    for TestDb { name, db, .. } in &databases {
        db.write(&THING, args![]).await.expect(name);
    }
    databases
}
