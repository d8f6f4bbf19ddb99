//! Statements on a connection.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, Error, types::ValueRef};

use crate::{
    args::Value,
    row::{Cell, Row},
};

/// Runs a statement; returns how many rows it touched.
pub(crate) fn execute(connection: &Connection, text: &str, values: &[Value]) -> Result<u64, Error> {
    let mut statement = prepared(connection, text, values)?;
    let reads = statement.readonly();
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(if reads { 0 } else { connection.changes() })
}

/// Runs a statement and returns its rows.
pub(crate) fn rows(connection: &Connection, text: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
    let mut statement = prepared(connection, text, values)?;
    let columns: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut rows = statement.raw_query();
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        let cells = (0..columns.len()).map(|at| cell(row.get_ref(at)?)).collect::<Result<_, Error>>()?;
        read.push(Row { columns: Arc::clone(&columns), cells });
    }
    Ok(read)
}

/// Prepares a statement and binds its values by the number in each placeholder: SQLite takes `$2` for a name, which it
/// numbers by where it stands.
fn prepared<'a>(
    connection: &'a Connection,
    text: &str,
    values: &[Value],
) -> Result<CachedStatement<'a>, Error> {
    let mut statement = connection.prepare_cached(text)?;
    for place in 1..=statement.parameter_count() {
        let named = statement.parameter_name(place).and_then(|name| name.get(1..)?.parse::<usize>().ok());
        let number = named.unwrap_or(place);
        match values.get(number.wrapping_sub(1)) {
            Some(Value::Int(value)) => statement.raw_bind_parameter(place, value)?,
            Some(Value::Text(value)) => statement.raw_bind_parameter(place, value)?,
            Some(Value::Bytes(value)) => statement.raw_bind_parameter(place, value)?,
            // What is too large was refused before it came here.
            Some(Value::TooLarge(_)) | None => {
                return Err(Error::InvalidParameterCount(values.len(), number));
            }
        }
    }
    Ok(statement)
}

fn cell(value: ValueRef<'_>) -> Result<Cell, Error> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Text(bytes) => Cell::Text(std::str::from_utf8(bytes)?.to_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => Cell::Other("REAL".to_owned()),
    })
}
