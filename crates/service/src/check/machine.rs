//! What a program needs of its machine and its network.

use std::{
    fs,
    io::{self, Read as _},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::{Check, failed, good, warning};
use crate::proxy::Proxy;

/// How long a name may take to resolve, or a port to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Below this a store cannot be trusted to grow for long.
const LOW_DISK: u64 = 1 << 30;
/// Below this writes are about to fail.
const NO_DISK: u64 = 64 << 20;

/// The folder of stores and keys: there, and closed to others.
pub fn permissions(folder: &Path) -> Check {
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
pub fn disk(folder: &Path) -> Check {
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

/// Whether a file is a SQLite database.
///
/// # Errors
///
/// It cannot be read.
pub fn is_sqlite(path: &Path) -> io::Result<bool> {
    /// What each SQLite file begins with.
    const SQLITE: &[u8; 16] = b"SQLite format 3\0";
    let mut head = [0; SQLITE.len()];
    fs::File::open(path)?.read_exact(&mut head)?;
    Ok(head == *SQLITE)
}

/// Whether the names of these addresses (host and port) resolve.
pub async fn resolves(name: &'static str, addresses: &[String], fix: &'static str) -> Check {
    let mut found = Vec::with_capacity(addresses.len());
    for address in addresses {
        match timeout(PATIENCE, lookup_host(address.as_str())).await {
            Ok(Ok(mut to)) => match to.next() {
                Some(to) => found.push(format!("{address} is {}", to.ip())),
                None => return failed(name, format!("{address} has no address"), fix),
            },
            Ok(Err(error)) => return failed(name, format!("{address}: {error}"), fix),
            Err(_) => return failed(name, format!("{address}: nobody answered in time"), fix),
        }
    }
    good(name, found.join(", "))
}

/// Whether a proxy opens the way to an address (host and port); good where none is set.
pub async fn proxy(name: &'static str, proxy: Option<&Proxy>, target: &str) -> Check {
    let Some(proxy) = proxy else { return good(name, "none is set: connections are direct") };
    let address = proxy.address();
    let fix = "correct the key `proxy`, start the proxy, or have it allow CONNECT to that host and port";
    let opened = timeout(PATIENCE, async {
        let mut tcp = TcpStream::connect(&address).await.map_err(|error| error.to_string())?;
        proxy.open(&mut tcp, target).await.map_err(|error| crate::error::Chain(&error).to_string())
    });
    match opened.await {
        Ok(Ok(())) => good(name, format!("{address} opens the way to {target}")),
        Ok(Err(why)) => failed(name, format!("{address} opens no way to {target}: {why}"), fix),
        Err(_) => failed(name, format!("{address} did not answer within {} s", PATIENCE.as_secs()), fix),
    }
}

/// A name resolves and its port answers.
pub async fn reached(name: &'static str, address: &str, fix: &'static str) -> Check {
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
pub async fn listening(name: &'static str, address: SocketAddr) -> Check {
    reached(name, &local(address).to_string(), "start the program; its log says why it does not listen").await
}

/// Returns where this machine reaches a port that listens at `address`.
pub fn local(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let ip = if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        address.set_ip(ip);
    }
    address
}

/// Host and port of an URL.
pub fn host_and_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    match (has_port, scheme) {
        (true, _) => host.to_owned(),
        (false, "http") => format!("{host}:80"),
        (false, _) => format!("{host}:443"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
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
    async fn a_name_that_nobody_has_fails_with_its_fix() {
        let there = resolves("DNS", &["localhost:1".to_owned()], "fix").await;
        assert_eq!(there.outcome, Outcome::Good, "{there:?}");
        let missing =
            resolves("DNS", &["localhost:1".to_owned(), "nobody.invalid:1".to_owned()], "fix").await;
        assert!(
            missing.outcome == Outcome::Failed && missing.found.contains("nobody.invalid"),
            "{missing:?}"
        );
    }

    #[tokio::test]
    async fn a_proxy_that_is_not_there_is_named_without_its_password() {
        assert_eq!(proxy("proxy", None, "a.example:443").await.outcome, Outcome::Good);
        let away: Proxy = "http://kim:very-secret@127.0.0.1:1".parse().expect("a proxy");
        let check = proxy("proxy", Some(&away), "a.example:443").await;
        assert!(check.outcome == Outcome::Failed && check.found.contains("127.0.0.1:1"), "{check:?}");
        assert!(!format!("{check:?}").contains("very-secret"), "{check:?}");
    }

    #[test]
    fn a_database_is_known_by_its_head() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.db");
        fs::write(&path, "SQLite format 3\0 and more").expect("written");
        assert!(is_sqlite(&path).expect("read"));
        fs::write(&path, "just a text of more than sixteen bytes").expect("written");
        assert!(!is_sqlite(&path).expect("read"));
        is_sqlite(&folder.path().join("missing")).expect_err("not there");
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
