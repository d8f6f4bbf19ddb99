//! Private PostgreSQL servers, started from Debian's programs.
//!
//! A server listens on a Unix socket in a temporary folder and on nothing else. Making a data folder takes seconds, so
//! one is made once, kept in the target folder, and copied for each server; starting one then takes a fraction of a
//! second, which a test in a process of its own can afford. PostgreSQL refuses to run as root: then the server runs
//! as the user `postgres`, or `nobody`.
//!
//! The server ends when the process ends, however it ends: a small shell waits for the end of a pipe that the process
//! holds, stops the server by its own process id, and removes the folder.

mod programs;
mod template;

use std::{
    fs::Permissions,
    io::{BufRead, BufReader, Write},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use database::{Args, Db, Statement};

use programs::Account;

/// Whether a server's commits survive a loss of power.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// They do: `fsync` is on, as in production. For benchmarks, and for tests of what is on disk.
    Full,
    /// They do not, and are faster.
    None,
}

/// A private PostgreSQL server. Stopped, and its folder removed, when dropped or when the process ends.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    databases: AtomicU64,
    keeper: Child,
    alive: Option<ChildStdin>,
}

/// Starts a server with `initdb`'s data copied to `data`, says so, waits for the end of its input, and cleans up. A
/// signal to the whole group (Ctrl-C) must not end it before that.
const KEEPER: &str = r#"
trap : INT TERM HUP
cd "$FOLDER" || exit 1
"$BIN/pg_ctl" --silent --wait --timeout=60 -D "$FOLDER/data" -l "$FOLDER/log" -o "$OPTIONS" start </dev/null >/dev/null 2>&1 || exit 1
echo ready
while read -r line; do :; done
"$BIN/pg_ctl" --silent --wait -D "$FOLDER/data" -m immediate stop </dev/null >/dev/null 2>&1
cd / && rm -rf "$FOLDER"
"#;

/// Returns the server that the tests of this process share; it keeps no commit safe from a loss of power.
///
/// # Panics
///
/// Where it cannot be started, with the reason.
pub fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(|| Server::start(Durability::None))
}

impl Server {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// Where PostgreSQL is not installed or does not start, with the reason.
    pub fn start(durability: Durability) -> Self {
        let programs = programs::find();
        let account = Account::for_server();
        let folder = tempfile::Builder::new()
            .prefix("tenon-postgres-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .expect("a temporary folder")
            .keep();
        template::copy(&programs, &account, &folder.join("data"));
        account.own(&folder);
        let mut keeper = account
            .command("/bin/sh")
            .args(["-c", KEEPER])
            .env("BIN", &programs)
            .env("FOLDER", &folder)
            .env("OPTIONS", options(&folder, durability))
            // Not in the group that Ctrl-C and a test runner's time limit reach: it has to clean up after them.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("/bin/sh starts");
        let alive = keeper.stdin.take();
        let mut said = String::new();
        if let Some(stdout) = keeper.stdout.take() {
            BufReader::new(stdout).read_line(&mut said).expect("the keeper's pipe is readable");
        }
        if said.trim() != "ready" {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("PostgreSQL did not start in {}; its log says:\n{log}", folder.display());
        }
        Self { folder, databases: AtomicU64::new(0), keeper, alive }
    }

    /// Makes an empty database; returns its URL.
    ///
    /// # Panics
    ///
    /// Where the server is gone.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let admin = Db::open(&self.url("postgres")).await.expect("the server answers");
        // A statement is a constant everywhere else; this one names what it makes, a few times in a process.
        let create: &'static str = Box::leak(format!("CREATE DATABASE {name}").into_boxed_str());
        admin.rows(&Statement::both(create), Args::default()).await.expect("a database can be made");
        admin.close().await;
        self.url(&name)
    }

    /// Returns the folder of the server, with its socket and its log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{}@localhost/{database}?host={}", template::OWNER, self.folder.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut alive) = self.alive.take() {
            // The end of the pipe is the keeper's signal.
            let _ = alive.flush();
        }
        let _ = self.keeper.wait();
    }
}

fn options(folder: &Path, durability: Durability) -> String {
    let fast = match durability {
        Durability::Full => "",
        Durability::None => " -c fsync=off -c full_page_writes=off",
    };
    format!(
        "-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=200 -c shared_buffers=64MB{fast}",
        folder.display()
    )
}

/// Runs a program to its end.
///
/// # Panics
///
/// Where it fails, with what it said.
fn run(command: &mut Command) {
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => panic!("failed to start {command:?}: {error}"),
    };
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_starts_holds_databases_apart_and_leaves_nothing() {
        let server = Server::start(Durability::Full);
        let (one, two) = (server.database().await, server.database().await);
        assert_ne!(one, two);
        let one = Db::open(&one).await.expect("opens");
        let two = Db::open(&two).await.expect("opens");
        one.write(&Statement::both("CREATE TABLE only_here (x BIGINT)"), Args::default())
            .await
            .expect("made");
        let looked = two.rows(&Statement::both("SELECT x FROM only_here"), Args::default()).await;
        assert!(looked.is_err(), "databases of one server must not share tables");

        let folder = server.folder().to_owned();
        let pid = std::fs::read_to_string(folder.join("data/postmaster.pid")).expect("it runs");
        let pid = pid.lines().next().expect("a process id").to_owned();
        drop(server);
        assert!(!folder.exists(), "{} is left", folder.display());
        // A process that has ended and that nobody has waited for has no command line any more.
        let command = std::fs::read(Path::new("/proc").join(pid).join("cmdline")).unwrap_or_default();
        assert!(command.is_empty(), "the server still runs");
    }
}
