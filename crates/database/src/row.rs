//! What a statement returns.

use std::{str::FromStr, sync::Arc};

use crate::DbError;

/// One row, read whole: it holds no connection.
#[derive(Clone, Debug)]
pub struct Row {
    pub(crate) columns: Arc<[String]>,
    pub(crate) cells: Vec<Cell>,
}

/// A value as the engine returned it.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    /// A type that stores do not use, by the engine's name for it.
    Other(String),
}

impl Row {
    /// Returns the number in a column.
    ///
    /// # Errors
    ///
    /// As all of the methods here: where there is no such column, or it holds something else.
    pub fn int(&self, column: &str) -> Result<i64, DbError> {
        self.opt_int(column)?.ok_or_else(|| self.not(column, "a number"))
    }

    /// Returns the number in a column, where it has one.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn opt_int(&self, column: &str) -> Result<Option<i64>, DbError> {
        match self.cell(column, "a number")? {
            Cell::Null => Ok(None),
            Cell::Int(number) => Ok(Some(*number)),
            Cell::Text(_) | Cell::Bytes(_) | Cell::Other(_) => Err(self.not(column, "a number")),
        }
    }

    /// Returns the number in a column, which is never negative.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn unsigned(&self, column: &str) -> Result<u64, DbError> {
        u64::try_from(self.int(column)?).map_err(|_| self.not(column, "a number from 0 on"))
    }

    /// Returns whether a column holds a number other than 0.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn flag(&self, column: &str) -> Result<bool, DbError> {
        Ok(self.int(column)? != 0)
    }

    /// Returns the text in a column.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn text(&self, column: &str) -> Result<&str, DbError> {
        self.opt_text(column)?.ok_or_else(|| self.not(column, "a text"))
    }

    /// Returns the text in a column, where it has one.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn opt_text(&self, column: &str) -> Result<Option<&str>, DbError> {
        match self.cell(column, "a text")? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Int(_) | Cell::Bytes(_) | Cell::Other(_) => Err(self.not(column, "a text")),
        }
    }

    /// Returns the bytes in a column.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn bytes(&self, column: &str) -> Result<&[u8], DbError> {
        self.opt_bytes(column)?.ok_or_else(|| self.not(column, "bytes"))
    }

    /// Returns the bytes in a column, where it has any.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn opt_bytes(&self, column: &str) -> Result<Option<&[u8]>, DbError> {
        match self.cell(column, "bytes")? {
            Cell::Null => Ok(None),
            Cell::Bytes(bytes) => Ok(Some(bytes)),
            Cell::Int(_) | Cell::Text(_) | Cell::Other(_) => Err(self.not(column, "bytes")),
        }
    }

    /// Returns the text in a column as what it stands for, such as an id.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn parsed<T: FromStr>(&self, column: &str) -> Result<T, DbError> {
        self.text(column)?.parse().map_err(|_| self.not(column, std::any::type_name::<T>()))
    }

    /// Returns the text in a column as what it stands for, where it has one.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn opt_parsed<T: FromStr>(&self, column: &str) -> Result<Option<T>, DbError> {
        match self.opt_text(column)? {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| self.not(column, std::any::type_name::<T>())),
        }
    }

    /// Returns the JSON text in a column, read.
    ///
    /// # Errors
    ///
    /// See [`Row::int`].
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, DbError> {
        serde_json::from_str(self.text(column)?).map_err(|_| self.not(column, std::any::type_name::<T>()))
    }

    fn cell(&self, column: &str, wanted: &'static str) -> Result<&Cell, DbError> {
        let at = self.columns.iter().position(|name| name == column);
        at.and_then(|at| self.cells.get(at)).ok_or_else(|| DbError::Column {
            column: column.to_owned(),
            wanted,
            found: "no such column".to_owned(),
        })
    }

    /// Says what a column holds instead of what was wanted: its kind, never its content, which may be a secret.
    fn not(&self, column: &str, wanted: &'static str) -> DbError {
        let found = match self.cell(column, wanted) {
            Ok(Cell::Null) => "nothing".to_owned(),
            Ok(Cell::Int(_)) => "another number".to_owned(),
            Ok(Cell::Text(_)) => "another text".to_owned(),
            Ok(Cell::Bytes(_)) => "bytes".to_owned(),
            Ok(Cell::Other(kind)) => format!("a value of type {kind}"),
            Err(_) => "no such column".to_owned(),
        };
        DbError::Column { column: column.to_owned(), wanted, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_read_as_what_it_is() {
        let row = row();
        assert_eq!(row.int("number").expect("a number"), 7);
        assert_eq!(row.unsigned("number").expect("a number"), 7);
        assert_eq!(row.parsed::<i64>("text").expect("digits"), 9);
        assert_eq!(row.bytes("bytes").expect("bytes"), [1, 2]);
        assert_eq!((row.opt_int("none").expect("none"), row.opt_text("none").expect("none")), (None, None));
    }

    #[test]
    fn what_a_column_does_not_hold_is_an_error_that_names_it() {
        check(
            |row| row.int("text").map(|_| ()),
            "column `text` should hold a number, and holds another text",
        );
        check(|row| row.text("none").map(|_| ()), "column `none` should hold a text, and holds nothing");
        check(
            |row| row.text("gone").map(|_| ()),
            "column `gone` should hold a text, and holds no such column",
        );
        check(
            |row| row.bytes("number").map(|_| ()),
            "column `number` should hold bytes, and holds another number",
        );
        check(
            |row| row.parsed::<u8>("bytes").map(|_| ()),
            "column `bytes` should hold a text, and holds bytes",
        );
        check(
            |row| row.unsigned("negative").map(|_| ()),
            "column `negative` should hold a number from 0 on, and holds another number",
        );
    }

    fn row() -> Row {
        let columns = ["number", "text", "bytes", "none", "negative"];
        Row {
            columns: columns.map(str::to_owned).into(),
            cells: vec![
                Cell::Int(7),
                Cell::Text("9".into()),
                Cell::Bytes(vec![1, 2]),
                Cell::Null,
                Cell::Int(-1),
            ],
        }
    }

    #[track_caller]
    fn check(read: impl Fn(&Row) -> Result<(), DbError>, message: &str) {
        assert_eq!(read(&row()).expect_err("must be refused").to_string(), message);
    }
}
