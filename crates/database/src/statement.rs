//! Statements, written once.

/// A database engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// SQLite, in a file or in memory.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A statement of a store: a constant, so that no text from outside is ever part of one.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    sqlite: &'static str,
    postgres: &'static str,
}

/// Where a statement of [`Db::rows_where`](crate::Db::rows_where) takes its condition.
pub const CONDITION: &str = "{condition}";

impl Statement {
    /// A statement that both engines understand.
    pub const fn both(sql: &'static str) -> Self {
        Self { sqlite: sql, postgres: sql }
    }

    /// A statement that the engines spell differently: sets from JSON, row locks.
    pub const fn split(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }

    pub(crate) fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }

    pub(crate) fn writes(&self, engine: Engine) -> bool {
        let text = self.text(engine).trim_start();
        !text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
    }

    /// Returns the beginning of the statement, on one line, for error messages.
    pub(crate) fn gist(&self, engine: Engine) -> String {
        /// Enough words to recognise a statement by.
        const WORDS: usize = 8;
        self.text(engine).split_whitespace().take(WORDS).collect::<Vec<_>>().join(" ")
    }
}

/// Makes a [`Statement`] over a set, given as its first argument ([`Args::set`](crate::Args::set)): the rows are the
/// table `x`, with the columns named before the statement. On PostgreSQL, `locked` locks the rows that it reads.
///
/// ```
/// use database::{Statement, over_set};
/// const RENAME: Statement =
///     over_set!((id TEXT, name TEXT) "UPDATE device SET name = x.name FROM x WHERE device.id = x.id");
/// ```
#[macro_export]
macro_rules! over_set {
    (($first:ident $kind:ident $(, $more:ident $kinds:ident)*) $sql:literal) => {
        $crate::over_set!(@ ($first $kind $(, $more $kinds)*) $sql, "")
    };
    (($first:ident $kind:ident $(, $more:ident $kinds:ident)*) $sql:literal locked) => {
        $crate::over_set!(@ ($first $kind $(, $more $kinds)*) $sql, " FOR UPDATE")
    };
    (@ ($first:ident $kind:ident $(, $more:ident $kinds:ident)*) $sql:literal, $lock:literal) => {
        $crate::Statement::split(
            concat!(
                "WITH x AS (SELECT json_extract(value, '$.", stringify!($first), "') AS ", stringify!($first),
                $(", json_extract(value, '$.", stringify!($more), "') AS ", stringify!($more),)*
                " FROM json_each($1)) ", $sql
            ),
            concat!(
                "WITH x AS (SELECT * FROM json_to_recordset($1::json) AS r(", stringify!($first), " ",
                stringify!($kind), $(", ", stringify!($more), " ", stringify!($kinds),)* ")) ", $sql, $lock
            ),
        )
    };
}

/// Makes a [`Statement`] over a list of texts, given as its first argument ([`Args::set`](crate::Args::set)): the
/// texts are the column `v` of the table `x`. On PostgreSQL, `locked` locks the rows that it reads.
#[macro_export]
macro_rules! over_list {
    ($sql:literal) => {
        $crate::over_list!(@ $sql, "")
    };
    ($sql:literal locked) => {
        $crate::over_list!(@ $sql, " FOR UPDATE")
    };
    (@ $sql:literal, $lock:literal) => {
        $crate::Statement::split(
            concat!("WITH x AS (SELECT value AS v FROM json_each($1)) ", $sql),
            concat!("WITH x AS (SELECT v FROM json_array_elements_text($1::json) AS r(v)) ", $sql, $lock),
        )
    };
}

/// Makes a [`Statement`] that reads rows for a change: PostgreSQL locks them, SQLite has one writer anyway.
#[macro_export]
macro_rules! locking {
    ($sql:expr) => {
        $crate::Statement::split($sql, concat!($sql, " FOR UPDATE"))
    };
}
