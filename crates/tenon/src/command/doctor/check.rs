//! The checks that several roles share, beside those of `service::check`.

use std::path::{Path, PathBuf};

use service::check::{Check, failed, good, is_sqlite, reached, warning};

/// A SQLite store: there, and one. PostgreSQL is looked for at its port.
pub(super) async fn database(url: &str) -> Check {
    const NAME: &str = "database";
    const FIX: &str = "start the program once, which makes it; else put a backup back";
    if let Some(path) = url.strip_prefix("sqlite:") {
        return match is_sqlite(Path::new(path)) {
            Ok(true) => good(NAME, path),
            Ok(false) => failed(NAME, format!("{path} is no SQLite database"), FIX),
            Err(error) => failed(NAME, format!("{path}: {error}"), FIX),
        };
    }
    // The password stands in front of the last `@`, and is not shown.
    let host = url.rsplit('@').next().unwrap_or_default().split(['/', '?']).next().unwrap_or_default();
    let host = host.trim_start_matches("postgres:").to_owned();
    let host = if host.contains(':') { host } else { format!("{host}:5432") };
    reached(NAME, &host, "start PostgreSQL, or correct the key `database`").await
}

/// Failures that the logs in a folder show, by name.
pub(super) async fn logs(folder: PathBuf) -> Vec<Check> {
    let report = tokio::task::spawn_blocking(move || ::trace::report(&::trace::read(&[folder]))).await;
    let Ok(report) = report else { return Vec::new() };
    let shown = report.failures.iter().map(|failure| {
        let place =
            failure.places.first().map(|(file, line)| format!(" ({file}:{line})")).unwrap_or_default();
        warning(failure.name, format!("{} lines: {}{place}", failure.count, failure.meaning), failure.fix)
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use service::check::Outcome;

    use super::*;

    #[tokio::test]
    async fn what_is_no_database_fails_and_no_password_is_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.db");
        std::fs::write(&path, "text").expect("written");
        assert_eq!(database(&format!("sqlite:{}", path.display())).await.outcome, Outcome::Failed);
        let check = database("postgres://tenon:very-secret@127.0.0.1:1/site").await;
        assert_eq!(check.outcome, Outcome::Failed);
        assert!(!format!("{check:?}").contains("very-secret"), "{check:?}");
    }
}
