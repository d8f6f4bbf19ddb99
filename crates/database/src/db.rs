//! A handle to a database.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr, postgres::PgPool};

use crate::{
    Args, CONDITION, DbError, Engine, Row, Statement, Transaction,
    error::EngineError,
    postgres,
    sqlite::{self, Length, Readers, Writer},
    transaction::{Inner, is_large},
    url::{Place, shown},
};

/// A database. Clones are handles to the same one.
#[derive(Clone)]
pub struct Db {
    pub(crate) pools: Pools,
    commits: Arc<AtomicU64>,
}

#[derive(Clone)]
pub(crate) enum Pools {
    /// In memory there is no reader: everything is in the writer's connection.
    Sqlite {
        writer: Writer,
        reader: Option<Readers>,
    },
    Postgres(PgPool),
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("engine", &self.engine())
            .field("commits", &self.commits())
            .finish_non_exhaustive()
    }
}

impl Db {
    /// Opens a database: `sqlite:/path/file.db` (made where it does not exist, readable by its owner only),
    /// `sqlite::memory:` (private, on one connection: a read waits while a transaction is open) or
    /// `postgres://user@host/database`.
    ///
    /// # Errors
    ///
    /// Where the URL is none, or the database cannot be reached.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        let place = Place::parse(url)?;
        let failed = |source: EngineError| DbError::Open { url: shown(url), source };
        let pools = match &place {
            Place::Memory => {
                let writer = sqlite::open_memory().map_err(|source| failed(source.into()))?;
                Pools::Sqlite { writer, reader: None }
            }
            Place::File(path) => {
                match make(path) {
                    Err(DbError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
                    made => made?,
                }
                let opened = sqlite::blocking(|| sqlite::open_file(path));
                let (writer, reader) = opened.map_err(|source| failed(source.into()))?;
                Pools::Sqlite { writer, reader: Some(reader) }
            }
            Place::Postgres(url) => {
                Pools::Postgres(postgres::open(url).await.map_err(|source| failed(source.into()))?)
            }
        };
        Ok(Self { pools, commits: Arc::default() })
    }

    /// Returns the engine that a URL names, without opening anything.
    ///
    /// # Errors
    ///
    /// Where the URL is none.
    pub fn engine_of(url: &str) -> Result<Engine, DbError> {
        Ok(Place::parse(url)?.engine())
    }

    /// Returns the engine.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Begins a transaction that may write. On SQLite it is the only one until it ends; dropped, it changes nothing.
    ///
    /// # Errors
    ///
    /// Where the database is busy or away.
    pub async fn begin(&self) -> Result<Transaction, DbError> {
        let failed = |source: EngineError| DbError::failed("begin a transaction".to_owned(), source);
        let inner = match &self.pools {
            Pools::Sqlite { writer, .. } => Inner::Sqlite(writer.begin().await.map_err(failed)?),
            Pools::Postgres(pool) => {
                Inner::Postgres(pool.begin().await.map_err(|source| failed(source.into()))?)
            }
        };
        Ok(Transaction::new(inner, Arc::clone(&self.commits)))
    }

    /// Runs a statement that reads, outside any transaction.
    ///
    /// # Errors
    ///
    /// Where the statement fails, or the database is busy or away.
    pub async fn rows(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, DbError> {
        let text = statement.text(self.engine());
        self.read(statement, text, || SqlStr::from_static(text), args, Length::Short).await
    }

    /// Runs a statement that reads, with `condition` in place of its [`CONDITION`]: a search whose `WHERE` depends on
    /// what was asked. The condition is written by a program from constants and placeholders, such as
    /// `filter::Filter::to_sql` does; values go into `args`.
    ///
    /// # Errors
    ///
    /// As [`Db::rows`].
    pub async fn rows_where(
        &self,
        statement: &Statement,
        condition: &str,
        args: Args,
    ) -> Result<Vec<Row>, DbError> {
        let text = statement.text(self.engine()).replacen(CONDITION, condition, 1);
        let safe = || AssertSqlSafe(text.clone()).into_sql_str();
        // It may look at every device of a fleet.
        self.read(statement, &text, safe, args, Length::Long).await
    }

    async fn read(
        &self,
        statement: &Statement,
        text: &str,
        safe: impl FnOnce() -> SqlStr,
        args: Args,
        length: Length,
    ) -> Result<Vec<Row>, DbError> {
        let engine = self.engine();
        let attempt = || format!("run `{}`", statement.gist(engine));
        let failed = |source: EngineError| DbError::failed(attempt(), source);
        let values = args.checked(attempt)?;
        match &self.pools {
            Pools::Sqlite { writer, reader } => {
                let rows = match reader {
                    Some(reader) => {
                        let length = if is_large(&values) { Length::Long } else { length };
                        reader.read(text, &values, length).await
                    }
                    None => writer.read(text, &values).await,
                };
                rows.map_err(failed)
            }
            Pools::Postgres(pool) => {
                let rows = postgres::read(pool, safe(), values).await;
                rows.map_err(|source| failed(source.into()))
            }
        }
    }

    /// Runs a statement that reads at most one row, outside any transaction.
    ///
    /// # Errors
    ///
    /// As [`Db::rows`].
    pub async fn row(&self, statement: &Statement, args: Args) -> Result<Option<Row>, DbError> {
        Ok(self.rows(statement, args).await?.into_iter().next())
    }

    /// Runs one statement that writes, in a transaction of its own; returns how many rows it touched.
    ///
    /// # Errors
    ///
    /// As [`Db::begin`] and [`Transaction::execute`].
    pub async fn write(&self, statement: &Statement, args: Args) -> Result<u64, DbError> {
        let mut transaction = self.begin().await?;
        let touched = transaction.execute(statement, args).await?;
        transaction.commit().await?;
        Ok(touched)
    }

    /// Returns how many transactions that wrote something this handle and its clones have committed: each is one
    /// synchronous write to disk (in memory, it would be).
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Closes the connections, after the transactions that are open have ended.
    pub async fn close(&self) {
        match &self.pools {
            // The writer last: the last connection to leave folds the write-ahead log into the file.
            Pools::Sqlite { writer, reader } => {
                if let Some(reader) = reader {
                    reader.close().await;
                }
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Makes the file of a database for its owner only; the files beside it take over its permissions.
///
/// # Errors
///
/// Where it exists, or cannot be made.
pub(crate) fn make(path: &Path) -> Result<(), DbError> {
    let failed = |path: &Path, source| DbError::File { path: path.to_owned(), source };
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| failed(path, source))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A file whose name is not on disk is lost with the power, however well its content is kept.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| failed(folder, source))
}
