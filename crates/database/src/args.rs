//! The arguments of a statement.

use serde::Serialize;

use crate::DbError;

/// One argument. A missing one still has a type, which PostgreSQL wants to know.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number, or none.
    Int(Option<i64>),
    /// A text, or none.
    Text(Option<String>),
    /// Bytes, or none.
    Bytes(Option<Vec<u8>>),
    /// A number that no engine can store.
    TooLarge(u64),
}

/// The arguments of a statement, in the order of their placeholders. See [`args!`](crate::args!).
#[derive(Debug, Default)]
pub struct Args {
    pub(crate) values: Vec<Value>,
    pub(crate) broken: Option<serde_json::Error>,
}

/// Makes the [`Args`] of a statement from values: numbers, texts, bytes, options of these, booleans (stored as 1
/// and 0).
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        $crate::Args::default()$(.with($value))*
    };
}

impl Args {
    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Adds a set: one JSON text, however many rows it has. SQLite reads it by `json_each($1)`, PostgreSQL by
    /// `json_array_elements($1::json)` or `json_to_recordset($1::json)`.
    #[must_use]
    pub fn set<T: Serialize>(mut self, rows: &[T]) -> Self {
        match serde_json::to_string(rows) {
            Ok(text) => self.with(text),
            Err(error) => {
                self.broken = Some(error);
                self
            }
        }
    }

    pub(crate) fn checked(self, attempt: impl Fn() -> String) -> Result<Vec<Value>, DbError> {
        if let Some(source) = self.broken {
            return Err(DbError::Set { attempt: attempt(), source });
        }
        for value in &self.values {
            if let Value::TooLarge(number) = value {
                return Err(DbError::TooLarge { attempt: attempt(), number: *number });
            }
        }
        Ok(self.values)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(Some(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Value::Int(Some(number.into()))
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Value::Int(Some(number.into()))
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Value::TooLarge(number), |number| Value::Int(Some(number)))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Value::Int(Some(yes.into()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(Some(text.clone()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Value::Bytes(Some(bytes))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::Bytes(Some(bytes.to_vec()))
    }
}

/// The values that may be missing, each with the kind of its absence.
macro_rules! optional {
    ($($inner:ty => $kind:ident),* $(,)?) => {
        $(impl From<Option<$inner>> for Value {
            fn from(value: Option<$inner>) -> Self {
                value.map_or(Value::$kind(None), Value::from)
            }
        })*
    };
}

optional! {
    i64 => Int, u64 => Int, u32 => Int, i32 => Int, bool => Int,
    &str => Text, String => Text,
    Vec<u8> => Bytes, &[u8] => Bytes,
}
