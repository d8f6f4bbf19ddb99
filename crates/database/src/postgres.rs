//! PostgreSQL: one pool.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Arguments, Column, ConnectOptions, Decode, Postgres, Row as _, SqlStr, Transaction, TypeInfo, ValueRef,
    postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow, PgValueRef},
};

use crate::{
    args::Value,
    row::{Cell, Row},
};

/// Connections of one program. PostgreSQL allows 100 in all by default; four roles of a site use 64 at most.
const CONNECTIONS: u32 = 16;
/// How long a caller waits for a connection before it is told that the database is busy.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(30);
/// A transaction that its program has left open is ended by the server, so that its locks hurt nobody for long.
const IDLE_IN_TRANSACTION: &str = "60s";

pub(crate) async fn open(url: &str) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?
        .options([
            ("synchronous_commit", "on"),
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
            ("timezone", "UTC"),
            ("client_min_messages", "warning"),
        ])
        .disable_statement_logging();
    // A test before each use would cost a round trip; a connection that died is noticed by its first statement,
    // whose failure is transient.
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(WAIT_FOR_CONNECTION)
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

/// Runs a statement that reads.
pub(crate) async fn read(pool: &PgPool, text: SqlStr, values: Vec<Value>) -> Result<Vec<Row>, sqlx::Error> {
    rows(&sqlx::query_with(text, arguments(values)?).fetch_all(pool).await?)
}

/// Runs a statement within a transaction; returns how many rows it touched.
pub(crate) async fn execute(
    transaction: &mut Transaction<'static, Postgres>,
    text: &'static str,
    values: Vec<Value>,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query_with(text, arguments(values)?).execute(&mut **transaction).await?.rows_affected())
}

/// Runs a statement within a transaction and returns its rows.
pub(crate) async fn rows_of(
    transaction: &mut Transaction<'static, Postgres>,
    text: &'static str,
    values: Vec<Value>,
) -> Result<Vec<Row>, sqlx::Error> {
    rows(&sqlx::query_with(text, arguments(values)?).fetch_all(&mut **transaction).await?)
}

fn arguments(values: Vec<Value>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Int(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::TooLarge(number) => arguments.add(i64::try_from(number).ok()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn rows(rows: &[PgRow]) -> Result<Vec<Row>, sqlx::Error> {
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let columns: Arc<[String]> = first.columns().iter().map(|column| column.name().to_owned()).collect();
    rows.iter()
        .map(|row| {
            let cells = (0..columns.len()).map(|at| cell(row, at)).collect::<Result<_, _>>()?;
            Ok(Row { columns: Arc::clone(&columns), cells })
        })
        .collect()
}

fn cell(row: &PgRow, at: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info().name().to_owned();
    match kind.as_str() {
        "INT8" => decode(value).map(Cell::Int),
        "INT4" => decode::<i32>(value).map(|number| Cell::Int(number.into())),
        "INT2" => decode::<i16>(value).map(|number| Cell::Int(number.into())),
        "BOOL" => decode::<bool>(value).map(|yes| Cell::Int(yes.into())),
        "TEXT" | "VARCHAR" => decode(value).map(Cell::Text),
        "BYTEA" => decode(value).map(Cell::Bytes),
        _ => Ok(Cell::Other(kind)),
    }
}

fn decode<'row, T: Decode<'row, Postgres>>(value: PgValueRef<'row>) -> Result<T, sqlx::Error> {
    T::decode(value).map_err(sqlx::Error::Decode)
}
