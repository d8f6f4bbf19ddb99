//! Configuration files: TOML, read once at the start, each mistake named by file, line and key.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

/// Why a configuration file cannot be used. A program that meets this ends with exit code 78.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("failed to read the {what} configuration {}", path.display())]
    Read {
        /// Whose configuration.
        what: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file's text is not valid.
    #[error("the {what} configuration {} is not valid{place}: {message}", path.display())]
    NotValid {
        /// Whose configuration.
        what: String,
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: Place,
        /// What is wrong there.
        message: String,
    },
}

/// Where in a configuration file a mistake stands.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Place {
    /// The line, from 1; 0 where the mistake has none (a key that is missing).
    pub line: usize,
    /// The key with its table, such as `throttle.param`; empty where the mistake has none.
    pub key: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, ", key `{}`", self.key)?;
        }
        Ok(())
    }
}

/// Reads a configuration file. `what` names whose it is, such as `site`; `T` refuses unknown keys
/// (`#[serde(deny_unknown_fields)]`).
pub fn load<T: DeserializeOwned>(path: &Path, what: &str) -> Result<T, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
        what: what.to_owned(),
        path: path.to_owned(),
        source,
    })?;
    parse(&text, path, what)
}

/// Parses a configuration file's text; `path` is named in errors.
pub fn parse<T: DeserializeOwned>(text: &str, path: &Path, what: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::NotValid {
        what: what.to_owned(),
        path: path.to_owned(),
        place: error.span().map(|span| place(text, span.start)).unwrap_or_default(),
        message: error.message().trim_end().to_owned(),
    })
}

/// Returns the line of a byte offset and the key that stands on it, with its table's.
fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    // The error of a missing key spans its whole table, which at the top of the file says nothing.
    let line = before.matches('\n').count();
    let Some(here) = text.lines().nth(line) else { return Place::default() };

    let table = text.lines().take(line + 1).filter_map(table_name).last();
    let key = here.split_once('=').map(|(key, _)| key.trim()).filter(|_| table_name(here).is_none());
    let key = match (table, key) {
        (Some(table), Some(key)) => format!("{table}.{key}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => String::new(),
    };

    Place { line: line + 1, key }
}

/// Returns the name in a line such as `[throttle]` or `[[console]]`.
fn table_name(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix('[')?.split(']').next()?;
    Some(inner.trim_start_matches('[').trim())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(rename = "listen")]
        _listen: std::net::SocketAddr,
        #[serde(default, rename = "throttle")]
        _throttle: Option<Throttle>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Throttle {
        #[serde(rename = "strategy")]
        _strategy: u8,
    }

    #[test]
    fn a_mistake_is_named_by_line_and_key() {
        check("listen = \"0.0.0.0:1\"\nlissten = 1\n", &["line 2", "key `lissten`", "unknown field"]);
        check("listen = \"nowhere\"\n", &["line 1", "key `listen`", "invalid socket address"]);
        check(
            "listen = \"0.0.0.0:1\"\n\n[throttle]\nstrategy = \"fast\"\n",
            &["line 4", "key `throttle.strategy`", "invalid type"],
        );
        check(
            "listen = \"0.0.0.0:1\"\n[throttle]\n",
            &["line 2", "key `throttle`", "missing field `strategy`"],
        );
        check("", &["missing field `listen`"]);
        check("listen = \n", &["line 1", "listen"]);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = load::<File>(Path::new("/nowhere/site.toml"), "site").expect_err("there is none");
        let text = crate::error::Chain(&error).to_string();
        assert!(
            text.starts_with("failed to read the site configuration /nowhere/site.toml: No such file"),
            "{text}"
        );
    }

    #[test]
    fn a_valid_file_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("site.toml");
        fs::write(&path, "listen = \"127.0.0.1:10123\"\n").expect("written");
        load::<File>(&path, "site").expect("valid");
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let error = parse::<File>(text, Path::new("/etc/tenon/site.toml"), "site").expect_err("a mistake");
        let shown = error.to_string();
        assert!(shown.starts_with("the site configuration /etc/tenon/site.toml is not valid"), "{shown}");
        for part in expected {
            assert!(shown.contains(part), "`{part}` is missing from `{shown}`");
        }
    }
}
