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
