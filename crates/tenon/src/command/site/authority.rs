//! The authority beside the other roles: a child process of the same program, which ends with its parent.

use std::{path::Path, process::Stdio};

use anyhow::Context as _;
use tokio::process::{Child, ChildStdin, Command};

use super::START_WITHIN;
use crate::{
    cli::LogFormat,
    exit::{self, Stop},
    owner,
};

/// The authority's process. Its standard input is a pipe that nobody writes to: when this process ends, however it ends,
/// the pipe closes and the authority ends too.
pub(super) struct AuthorityProcess {
    child: Child,
    /// Kept apart from the child: waiting for the child would close it.
    stdin: Option<ChildStdin>,
}

impl AuthorityProcess {
    /// Starts the authority and waits until it answers.
    pub(super) async fn start(config: &Path, log_format: LogFormat, socket: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("failed to find this program's own file")?;
        let format = if log_format == LogFormat::Json { "json" } else { "text" };
        let mut child = Command::new(&program)
            .args([
                "site",
                "--roles",
                "authority",
                "--until-stdin-closes",
                "--log-format",
                format,
                "--config",
            ])
            .arg(config)
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start the authority ({})", program.display()))?;
        let stdin = child.stdin.take();
        let mut process = Self { child, stdin };
        process.wait_until_it_answers(socket).await?;
        Ok(process)
    }

    /// Waits until the authority has ended by itself.
    pub(super) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => format!("the authority ended with {status}"),
            Err(error) => format!("the authority cannot be watched: {error}"),
        }
    }

    /// Has the authority end and waits until it has.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        drop(self.stdin.take());
        self.child.wait().await.context("failed to wait for the authority's end")?;
        Ok(())
    }

    async fn wait_until_it_answers(&mut self, socket: &Path) -> anyhow::Result<()> {
        let answers = owner::wait_for(socket, START_WITHIN);
        tokio::select! {
            answer = answers => answer,
            status = self.child.wait() => Err(Stop::error(
                exit::FAILED,
                format!("the authority ended at its start ({})", status.map_or_else(|e| e.to_string(), |s| s.to_string())),
                "look at what it printed above, and at SiteAuthority.log",
            )),
        }
    }
}
