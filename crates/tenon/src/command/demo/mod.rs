//! `tenon demo`: all of Tenon on this machine, to try it: a console, an attached site, one real agent and simulated devices.
//!
//! Each program is a process of its own, started as an administrator would start it, in a temporary folder; what connects
//! them is the same wires and stores as between machines. The simulated devices live in this process.

mod children;
mod devices;
mod files;
mod setup;
mod tell;

use std::path::PathBuf;

use tokio::time::Instant;

use anyhow::Context as _;

use crate::cli::LogFormat;

/// `tenon demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// How many devices are simulated
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=15_000))]
    devices: u32,
    /// The console's port
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Keep everything in this folder, which must not exist yet; a temporary one that is removed where it is left out
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The form of the log files
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
    /// End as soon as everything is ready and one action was done: for tests
    #[arg(long, hide = true)]
    once: bool,
}

/// Runs `tenon demo` until Ctrl-C, and leaves nothing behind.
pub(crate) async fn run(demo: Demo) -> anyhow::Result<()> {
    let start = Instant::now();
    let shutdown = service::shutdown::Shutdown::on_signals().context("failed to listen for signals")?;
    let place = files::Place::make(demo.folder.as_deref())?;
    let plan = files::Plan::on_free_ports(place.path(), demo.port)?;
    let mut children = children::Children::default();
    let ready = setup::all(&plan, &demo, &mut children);
    let ready = tokio::select! {
        ready = ready => ready?,
        () = shutdown.begun() => return children.end().await,
    };
    tell::how_to_try_it(&plan, &ready, start.elapsed())?;
    let outcome = if demo.once {
        setup::one_action(&plan, &ready).await
    } else {
        tokio::select! {
            () = shutdown.begun() => Ok(()),
            ended = children.one_ended() => Err(anyhow::anyhow!("{ended}; its output is in {}", place.path().display())),
        }
    };
    crate::print::line("The demo ends.")?;
    ready.devices.end().await;
    children.end().await?;
    outcome
}
