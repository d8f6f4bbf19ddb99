//! Where a database is.

use std::path::PathBuf;

use crate::{DbError, Engine};

/// A database URL, read.
#[derive(Debug)]
pub(crate) enum Place {
    /// SQLite in memory: private to the handle that opened it, gone with it.
    Memory,
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, by its URL.
    Postgres(String),
}

impl Place {
    pub(crate) fn parse(url: &str) -> Result<Self, DbError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Place::Postgres(url.to_owned()));
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Err(DbError::Url { url: shown(url) });
        };
        match path {
            ":memory:" => Ok(Place::Memory),
            // What follows `?` would be taken for options by other programs; a file name that holds one is a mistake.
            path if path.is_empty() || path.contains('?') => Err(DbError::Url { url: shown(url) }),
            path => Ok(Place::File(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Place::Memory | Place::File(_) => Engine::Sqlite,
            Place::Postgres(_) => Engine::Postgres,
        }
    }
}

/// Returns a URL without what may be a secret: the part between the scheme and `@`, and the options.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            format!("{}{user}{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_engine_and_file() {
        check("sqlite::memory:", "Memory");
        check("sqlite:/var/lib/tenon/site.db", "File(\"/var/lib/tenon/site.db\")");
        check("sqlite:///var/lib/tenon/site.db", "File(\"/var/lib/tenon/site.db\")");
        check("sqlite:site.db", "File(\"site.db\")");
        check("postgres://tenon@/site?host=/run/postgresql", "Postgres(");
        check("postgresql://db.example/site", "Postgres(");
    }

    #[test]
    fn what_is_no_database_url_is_refused_without_its_password() {
        check("", "`` is no database URL");
        check("sqlite:", "`sqlite:` is no database URL");
        check("sqlite:a.db?mode=rwc", "`sqlite:a.db` is no database URL");
        check("mysql://root:hunter2@db/x", "`mysql://root@db/x` is no database URL");
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        assert_eq!(shown("postgres://tenon:s@cret@db:5432/site?password=x"), "postgres://tenon@db:5432/site");
    }

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let read = match Place::parse(url) {
            Ok(place) => format!("{place:?}"),
            Err(error) => error.to_string(),
        };
        assert!(read.starts_with(expected), "`{url}` gave {read}");
    }
}
