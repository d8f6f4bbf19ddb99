//! One way to SQLite and PostgreSQL, so that each store writes each of its statements once.
//!
//! A statement is a constant ([`Statement`]) with `$1…` placeholders; its arguments are a list ([`Args`]) in which a
//! set of any size is one JSON text; what comes back are [`Row`]s. Writes happen in a [`Transaction`]; on SQLite one
//! at a time, as the engine wants it. [`Db::commits`] counts what was made durable.

mod url;
mod statement;
mod args;
mod row;
mod error;
mod sqlite;
mod postgres;
mod db;
mod transaction;
mod migrate;
mod backup;

pub use args::{Args, Value};
pub use db::Db;
pub use error::{DbError, EngineError};
pub use migrate::{Migrations, Step};
pub use row::Row;
pub use statement::{CONDITION, Engine, Statement};
pub use transaction::Transaction;
