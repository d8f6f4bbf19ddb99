//! Who has which connection.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::{
    sync::{Mutex as FairMutex, OwnedMutexGuard, Semaphore},
    time::timeout,
};

use super::{At, Length, blocking, connect, pace::Pace, run, statement};
use crate::{args::Value, error::EngineError, row::Row};

/// Connections that read beside the writer: one for each of a small machine's cores; a site's reads are short.
const READERS: usize = 4;
/// How long a caller waits for a connection before it is told that the database is busy. Longer than the longest
/// transaction (a push to 100,000 devices, about a second) by far.
const WAIT: Duration = Duration::from_secs(30);

/// The one connection that writes; none once the database is closed.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    connection: Arc<FairMutex<Option<Connection>>>,
    pace: Arc<Pace>,
}

/// A transaction of the writer. Dropped without a commit, it is rolled back.
#[derive(Debug)]
pub(crate) struct Open {
    held: OwnedMutexGuard<Option<Connection>>,
    pace: Arc<Pace>,
}

/// The connections that read: made when they are needed.
#[derive(Clone, Debug)]
pub(crate) struct Readers(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    at: At,
    places: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection: Arc::new(FairMutex::new(Some(connection))), pace: Arc::default() }
    }

    pub(crate) async fn begin(&self) -> Result<Open, EngineError> {
        let held = self.held().await?;
        let connection = held.as_ref().ok_or(EngineError::Closed)?;
        // What a transaction has left that could not be rolled back when it was dropped.
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        // The lock is free unless another process has the file, such as a backup.
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Open { held, pace: Arc::clone(&self.pace) })
    }

    /// Runs a statement that reads on the writer, where there are no readers.
    pub(crate) async fn read(&self, text: &str, values: &[Value]) -> Result<Vec<Row>, EngineError> {
        let held = self.held().await?;
        Ok(statement::rows(held.as_ref().ok_or(EngineError::Closed)?, text, values)?)
    }

    /// Runs something on the connection itself.
    pub(crate) async fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, EngineError> {
        let held = self.held().await?;
        let connection = held.as_ref().ok_or(EngineError::Closed)?;
        Ok(blocking(|| work(connection))?)
    }

    pub(crate) async fn close(&self) {
        // The last connection to leave folds the write-ahead log into the file.
        let left = self.connection.lock().await.take();
        blocking(|| drop(left));
    }

    async fn held(&self) -> Result<OwnedMutexGuard<Option<Connection>>, EngineError> {
        timeout(WAIT, Arc::clone(&self.connection).lock_owned()).await.map_err(|_| EngineError::Busy)
    }
}

impl Open {
    pub(crate) fn connection(&self) -> Result<&Connection, EngineError> {
        self.held.as_ref().ok_or(EngineError::Closed)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "how long the disk takes is measured, and decides nothing of what is stored"
    )]
    pub(crate) fn commit(self) -> Result<(), EngineError> {
        let connection = self.connection()?;
        let begun = Instant::now();
        // It waits for the disk.
        run(self.pace.expected(), || connection.prepare_cached("COMMIT")?.execute([]))?;
        self.pace.took(begun.elapsed());
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(connection) = self.held.as_ref()
            && !connection.is_autocommit()
        {
            // Where it fails, the next transaction tries again before it begins.
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
}

impl Readers {
    pub(super) fn new(at: At) -> Self {
        Self(Arc::new(Pool { at, places: Semaphore::new(READERS), idle: Mutex::default() }))
    }

    pub(crate) fn at(&self) -> &At {
        &self.0.at
    }

    pub(crate) async fn read(
        &self,
        text: &str,
        values: &[Value],
        length: Length,
    ) -> Result<Vec<Row>, EngineError> {
        let place = timeout(WAIT, self.0.places.acquire()).await.map_err(|_| EngineError::Busy)?;
        let _place = place.map_err(|_| EngineError::Closed)?;
        run(length, || {
            let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match idle {
                Some(connection) => connection,
                None => connect(&self.0.at, true)?,
            };
            let rows = statement::rows(&connection, text, values);
            self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok(rows?)
        })
    }

    pub(crate) async fn close(&self) {
        // Those that read now have ended once all places are free.
        let count = u32::try_from(READERS).unwrap_or(1);
        let all = self.0.places.acquire_many(count).await;
        self.0.places.close();
        drop(all);
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
