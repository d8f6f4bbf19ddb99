//! Transactions.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlx::Postgres;

use crate::{Args, DbError, Engine, Row, Statement, args::Value, error::EngineError, postgres, sqlite};

/// A transaction. Dropped without [`Transaction::commit`], it changes nothing.
pub struct Transaction {
    inner: Inner,
    commits: Arc<AtomicU64>,
    wrote: bool,
}

pub(crate) enum Inner {
    Sqlite(sqlite::Open),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").field("engine", &self.engine()).field("wrote", &self.wrote).finish()
    }
}

impl Transaction {
    pub(crate) fn new(inner: Inner, commits: Arc<AtomicU64>) -> Self {
        Self { inner, commits, wrote: false }
    }

    /// Returns the engine.
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement; returns how many rows it touched.
    ///
    /// # Errors
    ///
    /// Where the statement fails. The transaction is of no use after that: drop it.
    pub async fn execute(&mut self, statement: &Statement, args: Args) -> Result<u64, DbError> {
        let engine = self.engine();
        let attempt = || format!("run `{}`", statement.gist(engine));
        let failed = |source: EngineError| DbError::failed(attempt(), source);
        let values = args.checked(attempt)?;
        let text = statement.text(engine);
        let touched = match &mut self.inner {
            Inner::Sqlite(open) => {
                let connection = open.connection().map_err(failed)?;
                let run = || sqlite::execute(connection, text, &values);
                let touched = if is_large(&values) { sqlite::blocking(run) } else { run() };
                touched.map_err(|source| failed(source.into()))?
            }
            Inner::Postgres(transaction) => {
                let done = postgres::execute(transaction, text, values).await;
                done.map_err(|source| failed(source.into()))?
            }
        };
        self.wrote |= touched > 0;
        Ok(touched)
    }

    /// Runs a statement and returns its rows.
    ///
    /// # Errors
    ///
    /// As [`Transaction::execute`].
    pub async fn rows(&mut self, statement: &Statement, args: Args) -> Result<Vec<Row>, DbError> {
        let engine = self.engine();
        let attempt = || format!("run `{}`", statement.gist(engine));
        let failed = |source: EngineError| DbError::failed(attempt(), source);
        let values = args.checked(attempt)?;
        let text = statement.text(engine);
        let rows = match &mut self.inner {
            Inner::Sqlite(open) => {
                let connection = open.connection().map_err(failed)?;
                let run = || sqlite::rows(connection, text, &values);
                let rows = if is_large(&values) { sqlite::blocking(run) } else { run() };
                rows.map_err(|source| failed(source.into()))?
            }
            Inner::Postgres(transaction) => {
                let rows = postgres::rows_of(transaction, text, values).await;
                rows.map_err(|source| failed(source.into()))?
            }
        };
        self.wrote |= !rows.is_empty() && statement.writes(engine);
        Ok(rows)
    }

    /// Runs a statement and returns its row, where it has one.
    ///
    /// # Errors
    ///
    /// As [`Transaction::execute`].
    pub async fn row(&mut self, statement: &Statement, args: Args) -> Result<Option<Row>, DbError> {
        Ok(self.rows(statement, args).await?.into_iter().next())
    }

    /// Makes the transaction durable: when this returns well, it is on disk.
    ///
    /// # Errors
    ///
    /// Where the commit fails: then nothing of it is stored, except where the connection broke before the answer
    /// came, after which either may be true.
    pub async fn commit(self) -> Result<(), DbError> {
        let failed = |source: EngineError| DbError::failed("commit a transaction".to_owned(), source);
        match self.inner {
            Inner::Sqlite(open) => open.commit().map_err(failed)?,
            Inner::Postgres(transaction) => {
                transaction.commit().await.map_err(|source| failed(source.into()))?;
            }
        }
        if self.wrote {
            self.commits.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Runs statements without arguments, separated by semicolons.
    pub(crate) async fn script(&mut self, text: &'static str) -> Result<(), EngineError> {
        self.wrote = true;
        match &mut self.inner {
            Inner::Sqlite(open) => {
                let connection = open.connection()?;
                Ok(sqlite::blocking(|| connection.execute_batch(text))?)
            }
            Inner::Postgres(transaction) => {
                sqlx::raw_sql(text).execute(&mut **transaction).await?;
                Ok(())
            }
        }
    }
}

/// Returns whether a statement may take long: a set of some hundred rows and more.
pub(crate) fn is_large(values: &[Value]) -> bool {
    /// Bytes of a set of about a hundred rows: below, a statement takes less than a millisecond.
    const LARGE: usize = 16 << 10;
    values.iter().any(|value| matches!(value, Value::Text(Some(text)) if text.len() > LARGE))
}
