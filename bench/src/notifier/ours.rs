//! Tenon's notification server as a child process, and its store.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, bail};
use e2e::free_port;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::site::Site;

/// How long an answer of the server may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server.
pub(super) struct Ours {
    pub(super) address: SocketAddr,
    arguments: Vec<String>,
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

/// When a push began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pushed {
    pub(super) began: Duration,
}

impl Ours {
    /// Starts the server.
    pub(super) async fn start(site: &Site, store: &str, name: &str, files: &Path) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let logs: PathBuf = files.join(format!("logs-{name}"));
        std::fs::create_dir_all(&logs)?;
        let arguments = [
            "notifier-server".to_owned(),
            format!("--store={store}"),
            format!("--site-folder={}", site.folder.display()),
            format!("--site={}", site.id),
            format!("--person={}", site.person()),
            format!("--listen={address}"),
            format!("--name={name}"),
            format!("--logs={}", logs.display()),
        ];
        Self::spawn(address, arguments.into()).await
    }

    async fn spawn(address: SocketAddr, arguments: Vec<String>) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("failed to start the notification server")?;
        let stdin = child.stdin.take().context("the server has no standard input")?;
        let stdout = child.stdout.take().context("the server has no standard output")?;
        let lines = BufReader::new(stdout).lines();
        let mut ours = Self { address, arguments, child, stdin, lines };
        match ours.line().await?.as_str() {
            "ready" => Ok(ours),
            other => bail!("the notification server did not start; it said {other:?}"),
        }
    }

    /// Kills it as `kill -9` does, and starts it again at the same address on the same store.
    pub(super) async fn kill_and_restart(mut self) -> anyhow::Result<Self> {
        self.child.kill().await?;
        Self::spawn(self.address, self.arguments).await
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Has an action on all devices decided and ready to be pushed; returns its id.
    pub(super) async fn prepare(&mut self, at_most: usize) -> anyhow::Result<String> {
        self.ask(&format!("prepare {at_most}")).await
    }

    /// Pushes what was prepared.
    pub(super) async fn push(&mut self) -> anyhow::Result<Pushed> {
        let answer = self.ask("push").await?;
        let (began, _) = answer.split_once(' ').context("the server says two times")?;
        let time = |text: &str| text.parse().map(Duration::from_nanos);
        Ok(Pushed { began: time(began)? })
    }

    /// Returns in which states the targets of an action are, as the store says.
    pub(super) async fn counts(&mut self, task_guid: &str) -> anyhow::Result<String> {
        self.ask(&format!("counts {task_guid}")).await
    }

    /// Ends it as an administrator does.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        let Self { mut child, stdin, .. } = self;
        drop(stdin);
        if timeout(PATIENCE, child.wait()).await.is_err() {
            child.kill().await?;
        }
        Ok(())
    }

    async fn ask(&mut self, line: &str) -> anyhow::Result<String> {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await?;
        self.line().await
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.context("the server does not answer")?;
        line?.context("the notification server has ended")
    }
}
