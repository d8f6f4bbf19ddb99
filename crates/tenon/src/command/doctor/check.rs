//! The checks that all roles share.

use std::{
    fs,
    io::Read as _,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

/// How long a name may take to resolve, or a port to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Below this a store cannot be trusted to grow for long.
const LOW_DISK: u64 = 1 << 30;
/// Below this writes are about to fail.
const NO_DISK: u64 = 64 << 20;

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Nothing is wrong.
    Good,
    /// It works, and will not for long, or not well.
    Warning,
    /// It does not work.
    Failed,
}

impl Outcome {
    /// Returns the word that is printed.
    pub(super) fn word(self) -> &'static str {
        match self {
            Outcome::Good => "ok",
            Outcome::Warning => "warning",
            Outcome::Failed => "FAILED",
        }
    }
}

/// A check and what it found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Check {
    /// Its name, stable for scripts.
    pub(super) name: &'static str,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// What was found.
    pub(super) found: String,
    /// What to do where it is not good.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) fix: &'static str,
}

/// Nothing is wrong.
pub(super) fn good(name: &'static str, found: impl Into<String>) -> Check {
    Check { name, outcome: Outcome::Good, found: found.into(), fix: "" }
}

/// It will not work for long, or not well.
pub(super) fn warning(name: &'static str, found: impl Into<String>, fix: &'static str) -> Check {
    Check { name, outcome: Outcome::Warning, found: found.into(), fix }
}

/// It does not work.
pub(super) fn failed(name: &'static str, found: impl Into<String>, fix: &'static str) -> Check {
    Check { name, outcome: Outcome::Failed, found: found.into(), fix }
}

/// The folder of stores and keys: there, and closed to others.
pub(super) fn permissions(folder: &Path) -> Check {
    const NAME: &str = "folder";
    match fs::metadata(folder) {
        Err(error) => failed(
            NAME,
            format!("{}: {error}", folder.display()),
            "start the program once as its own user, which makes the folder",
        ),
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => warning(
            NAME,
            format!(
                "{} is open to others (mode {:o})",
                folder.display(),
                metadata.permissions().mode() & 0o777
            ),
            "it holds keys: `chmod 700` the folder",
        ),
        Ok(_) => good(NAME, folder.display().to_string()),
    }
}

/// Room on the disk of that folder.
pub(super) fn disk(folder: &Path) -> Check {
    const NAME: &str = "disk";
    match rustix::fs::statvfs(folder) {
        Err(error) => failed(NAME, error.to_string(), "see the check `folder`"),
        Ok(room) => {
            let free = room.f_bavail.saturating_mul(room.f_frsize);
            let found = format!("{} MiB are free at {}", free >> 20, folder.display());
            match free {
                ..NO_DISK => failed(NAME, found, "make room: nothing is acknowledged that cannot be stored"),
                NO_DISK..LOW_DISK => warning(NAME, found, "make room, or move the folder"),
                _ => good(NAME, found),
            }
        }
    }
}

/// A SQLite store: there, and one. PostgreSQL is looked for at its port.
pub(super) async fn database(url: &str) -> Check {
    const NAME: &str = "database";
    /// What each SQLite file begins with.
    const SQLITE: &[u8; 16] = b"SQLite format 3\0";
    const FIX: &str = "start the program once, which makes it; else put a backup back";
    if let Some(path) = url.strip_prefix("sqlite:") {
        let mut head = [0; SQLITE.len()];
        let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
        return match read.map(|()| head == *SQLITE) {
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

/// A name resolves and its port answers.
pub(super) async fn reached(name: &'static str, address: &str, fix: &'static str) -> Check {
    let found = timeout(PATIENCE, async {
        let addresses: Vec<SocketAddr> = lookup_host(address)
            .await
            .map_err(|error| format!("the name does not resolve: {error}"))?
            .collect();
        let mut last = "the name has no address".to_owned();
        for to in addresses {
            match TcpStream::connect(to).await {
                Ok(_) => return Ok(to),
                Err(error) => last = format!("{to} does not answer: {error}"),
            }
        }
        Err(last)
    });
    match found.await {
        Ok(Ok(to)) => good(name, format!("{address} answers at {to}")),
        Ok(Err(why)) => failed(name, format!("{address}: {why}"), fix),
        Err(_) => failed(name, format!("{address} did not answer within {} s", PATIENCE.as_secs()), fix),
    }
}

/// A port of this machine answers: a program listens.
pub(super) async fn listening(name: &'static str, address: SocketAddr) -> Check {
    let mut to = address;
    if to.ip().is_unspecified() {
        to.set_ip(if to.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
    }
    reached(name, &to.to_string(), "start the program; its log says why it does not listen").await
}

/// Host and port of an URL.
pub(super) fn host_and_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    match (has_port, scheme) {
        (true, _) => host.to_owned(),
        (false, "http") => format!("{host}:80"),
        (false, _) => format!("{host}:443"),
    }
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
    use super::*;

    #[test]
    fn an_url_names_its_port_or_its_schemes() {
        for (url, expected) in [
            ("https://console.example", "console.example:443"),
            ("http://console.example/x", "console.example:80"),
            ("https://[::1]:8443/", "[::1]:8443"),
            ("https://a:8443?x", "a:8443"),
        ] {
            assert_eq!(host_and_port(url), expected);
        }
    }

    #[tokio::test]
    async fn a_port_that_nobody_listens_on_fails_with_its_fix() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        assert_eq!(listening("port", address).await.outcome, Outcome::Good);
        drop(listener);
        let check = listening("port", address).await;
        assert_eq!((check.outcome, check.fix.is_empty()), (Outcome::Failed, false));
    }

    #[tokio::test]
    async fn what_is_no_database_fails_and_no_password_is_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.db");
        fs::write(&path, "text").expect("written");
        assert_eq!(database(&format!("sqlite:{}", path.display())).await.outcome, Outcome::Failed);
        let check = database("postgres://tenon:very-secret@127.0.0.1:1/site").await;
        assert_eq!(check.outcome, Outcome::Failed);
        assert!(!format!("{check:?}").contains("very-secret"), "{check:?}");
    }

    #[test]
    fn a_folder_that_is_open_to_others_is_a_warning() {
        let folder = tempfile::tempdir().expect("a folder");
        for (mode, expected) in [(0o700, Outcome::Good), (0o755, Outcome::Warning)] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).expect("a mode");
            assert_eq!(permissions(folder.path()).outcome, expected);
        }
        assert_eq!(permissions(&folder.path().join("missing")).outcome, Outcome::Failed);
    }
}
