//! Numbers under names: series that only grow, and switches.

use database::{DbError, Statement, Transaction, args};

use super::Store;

const NEXT_NUMBER: Statement = Statement::both(
    "INSERT INTO number (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = number.value + 1 \
     RETURNING value",
);

const NUMBER: Statement = Statement::both("SELECT value FROM number WHERE name = $1");
const PUT_NUMBER: Statement = Statement::both(
    "INSERT INTO number (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);

impl Store {
    /// Returns a number that is kept under a name; 0 where none is.
    pub(crate) async fn number(&self, name: &str) -> Result<u64, DbError> {
        self.db.row(&NUMBER, args![name]).await?.map_or(Ok(0), |row| row.unsigned("value"))
    }

    /// Keeps a number under a name.
    pub(crate) async fn put_number(change: &mut Transaction, name: &str, value: u64) -> Result<(), DbError> {
        change.execute(&PUT_NUMBER, args![name, value]).await?;
        Ok(())
    }

    /// Returns the next number of a series that only grows, such as that of collections.
    pub(crate) async fn next_number(change: &mut Transaction, series: &str) -> Result<u64, DbError> {
        match change.row(&NEXT_NUMBER, args![series]).await? {
            Some(row) => row.unsigned("value"),
            None => Ok(1),
        }
    }
}
