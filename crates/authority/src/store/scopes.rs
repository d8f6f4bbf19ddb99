//! Security scopes, and which collections carry them.

use database::{DbError, Statement, Transaction, args};

use super::{Store, devices::json};

const ALL: Statement = Statement::both("SELECT name, description FROM scope ORDER BY name");
const PUT: Statement = Statement::both(
    "INSERT INTO scope (name, description) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET description = $2",
);
const REMOVE: Statement = Statement::both("DELETE FROM scope WHERE name = $1");
const CARRY: Statement = Statement::both("UPDATE collection SET scopes = $2 WHERE id = $1");

impl Store {
    /// Returns the scopes beside the default one: names and what they are for.
    pub(crate) async fn scopes(&self) -> Result<Vec<(String, String)>, DbError> {
        let rows = self.db.rows(&ALL, args![]).await?;
        rows.iter()
            .map(|row| Ok((row.text("name")?.to_owned(), row.text("description")?.to_owned())))
            .collect()
    }

    /// Stores a scope.
    pub(crate) async fn put_scope(
        change: &mut Transaction,
        name: &str,
        description: &str,
    ) -> Result<(), DbError> {
        change.execute(&PUT, args![name, description]).await.map(|_| ())
    }

    /// Removes a scope; returns whether it was there.
    pub(crate) async fn remove_scope(change: &mut Transaction, name: &str) -> Result<bool, DbError> {
        Ok(change.execute(&REMOVE, args![name]).await? > 0)
    }

    /// Has a collection carry these scopes.
    pub(crate) async fn carry_scopes(
        change: &mut Transaction,
        collection: &str,
        scopes: &[String],
    ) -> Result<(), DbError> {
        change.execute(&CARRY, args![collection, json(&scopes)]).await.map(|_| ())
    }
}
