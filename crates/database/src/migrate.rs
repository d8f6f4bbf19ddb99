//! How a store's tables come to be: in steps, forward only.

use crate::{Args, Db, DbError, Engine, Statement, args, error::EngineError};

/// The steps that lead a store from nothing to its present tables.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// The store's name; several stores may share a database.
    pub name: &'static str,
    /// The steps, in the order of their versions.
    pub steps: &'static [Step],
}

/// One step. Once released it is never changed.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Grows from step to step, from 1.
    pub version: i64,
    /// What it runs on SQLite.
    pub sqlite: &'static str,
    /// What it runs on PostgreSQL.
    pub postgres: &'static str,
}

/// Two programs that start at once take turns; the number is arbitrary and Tenon's own.
const TAKE_TURNS: Statement = Statement::both("SELECT pg_advisory_xact_lock(8391107142)");
const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, version BIGINT NOT NULL)";
const VERSION: Statement = Statement::both("SELECT version FROM migration WHERE name = $1");
const REACHED: Statement = Statement::both(
    "INSERT INTO migration (name, version) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
);

impl Db {
    /// Brings the database to the newest version, in one transaction.
    ///
    /// # Errors
    ///
    /// [`DbError::TooNew`] where a newer program has been here; else where a step fails, and then nothing is changed.
    pub async fn migrate(&self, migrations: &Migrations) -> Result<(), DbError> {
        let Migrations { name, steps } = *migrations;
        let failed = |source: EngineError| DbError::failed(format!("migrate the store `{name}`"), source);
        let mut transaction = self.begin().await?;
        if self.engine() == Engine::Postgres {
            transaction.rows(&TAKE_TURNS, Args::default()).await?;
        }
        transaction.script(TABLE).await.map_err(failed)?;
        let found = match transaction.row(&VERSION, args![name]).await? {
            Some(row) => row.int("version")?,
            None => 0,
        };
        let known = steps.last().map_or(0, |step| step.version);
        if found > known {
            return Err(DbError::TooNew { name, found, known });
        }
        if found == known {
            return Ok(());
        }
        for step in steps.iter().filter(|step| step.version > found) {
            let text = match self.engine() {
                Engine::Sqlite => step.sqlite,
                Engine::Postgres => step.postgres,
            };
            let attempt = || format!("migrate the store `{name}` to version {}", step.version);
            transaction.script(text).await.map_err(|source| DbError::failed(attempt(), source))?;
        }
        transaction.execute(&REACHED, args![name, known]).await?;
        transaction.commit().await
    }
}
