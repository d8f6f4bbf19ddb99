//! The demo's processes.

use std::{fs::File, path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

/// How long a program may take to end before it is killed.
const END_WITHIN: Duration = Duration::from_secs(20);

/// The demo's processes, in the order in which they were started. Dropping them kills them.
#[derive(Default)]
pub(super) struct Children(Vec<(String, Child)>);

impl Children {
    /// Starts a program; what it prints goes into a file.
    pub(super) fn start(
        &mut self,
        name: &str,
        program: &Path,
        args: &[&str],
        output: &Path,
    ) -> anyhow::Result<()> {
        let out = File::create(output).with_context(|| format!("failed to make {}", output.display()))?;
        let err = out.try_clone().context("failed to share the output file")?;
        let child = Command::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err)
            // Ctrl-C in a terminal goes to the whole group: the demo ends its programs itself, in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start {name} ({})", program.display()))?;
        self.0.push((name.to_owned(), child));
        Ok(())
    }

    /// Waits until one of the programs has ended by itself, and says which.
    pub(super) async fn one_ended(&mut self) -> String {
        let waits = self.0.iter_mut().map(|(name, child)| {
            Box::pin(async move {
                let status =
                    child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
                format!("{name} ended by itself ({status})")
            })
        });
        futures_util::future::select_all(waits).await.0
    }

    /// Ends the programs, the last one first.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        while let Some((name, mut child)) = self.0.pop() {
            if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
                // It may have ended by itself.
                let _ = kill_process(pid, Signal::TERM);
            }
            match timeout(END_WITHIN, child.wait()).await {
                Ok(status) => drop(status.with_context(|| format!("failed to wait for {name}"))?),
                Err(_) => child.kill().await.with_context(|| format!("failed to kill {name}"))?,
            }
        }
        Ok(())
    }
}
