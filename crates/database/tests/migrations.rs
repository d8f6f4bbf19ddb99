//! Migrations go forward, once, whole, and never over what a newer program has made.

use database::{Db, DbError, Migrations, Statement, Step, args};
use testkit::{TestDb, databases};
use tokio::task::JoinSet;

const ONE: Step = both(1, "CREATE TABLE thing (id BIGINT PRIMARY KEY); INSERT INTO thing (id) VALUES (1)");
const TWO: Step =
    both(2, "ALTER TABLE thing ADD COLUMN name TEXT; INSERT INTO thing (id, name) VALUES (2, 'two')");
const BROKEN: Step = both(3, "INSERT INTO thing (id) VALUES (3); INSERT INTO nowhere (id) VALUES (3)");

const ELSE: Step = both(1, "CREATE TABLE other (id BIGINT)");
const OTHER: Migrations = Migrations { name: "other", steps: &[ELSE] };
const FIRST: Migrations = Migrations { name: "test", steps: &[ONE] };
const SECOND: Migrations = Migrations { name: "test", steps: &[ONE, TWO] };
const THIRD: Migrations = Migrations { name: "test", steps: &[ONE, TWO, BROKEN] };

#[tokio::test]
async fn each_step_runs_once_in_order() {
    for TestDb { name, db, .. } in databases().await {
        for migrations in [&FIRST, &FIRST, &SECOND, &SECOND] {
            db.migrate(migrations).await.expect(name);
        }
        assert_eq!(ids(&db).await, [1, 2], "{name}");
        let before = db.commits();
        db.migrate(&SECOND).await.expect(name);
        assert_eq!(db.commits(), before, "{name}: nothing to do is no write");
    }
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_database_as_it_was() {
    for TestDb { name, db, .. } in databases().await {
        db.migrate(&FIRST).await.expect(name);
        let error = db.migrate(&THIRD).await.expect_err(name);
        assert!(error.to_string().contains("migrate the store `test` to version 3"), "{name}: {error}");
        assert_eq!(ids(&db).await, [1], "{name}");
        db.migrate(&SECOND).await.expect(name);
        assert_eq!(ids(&db).await, [1, 2], "{name}");
    }
}

#[tokio::test]
async fn an_older_program_refuses_a_newer_database() {
    for TestDb { name, db, .. } in databases().await {
        db.migrate(&SECOND).await.expect(name);
        let error = db.migrate(&FIRST).await.expect_err(name);
        assert!(matches!(error, DbError::TooNew { found: 2, known: 1, .. }), "{name}: {error:?}");
        db.migrate(&OTHER).await.expect("another store in the same database has versions of its own");
    }
}

#[tokio::test]
async fn programs_that_start_at_once_take_turns() {
    for TestDb { name, db, .. } in databases().await {
        let mut programs = JoinSet::new();
        for _ in 0..8 {
            let db = db.clone();
            programs.spawn(async move { db.migrate(&SECOND).await });
        }
        while let Some(program) = programs.join_next().await {
            program.expect(name).expect(name);
        }
        assert_eq!(ids(&db).await, [1, 2], "{name}");
    }
}

const fn both(version: i64, sql: &'static str) -> Step {
    Step { version, sqlite: sql, postgres: sql }
}

async fn ids(db: &Db) -> Vec<i64> {
    let rows = db.rows(&Statement::both("SELECT id FROM thing ORDER BY id"), args![]).await.expect("a table");
    rows.iter().map(|row| row.int("id").expect("a number")).collect()
}
