//! `tenon diagnose`: reads logs, Tenon's and Configuration Manager's, without any server, and says where actions stopped.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use action::TaskGuid;
use anyhow::Context as _;

use crate::{exit, print};

/// `tenon diagnose`.
#[derive(Debug, clap::Args)]
pub(crate) struct Diagnose {
    /// Log files, folders with logs, or archives (zip, gzip)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only this action
    #[arg(long, value_name = "GUID")]
    task: Option<TaskGuid>,
    /// Show the lines of actions that are done too
    #[arg(long)]
    all: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Also write the report as one HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Runs `tenon diagnose`.
pub(crate) async fn run(diagnose: Diagnose) -> anyhow::Result<ExitCode> {
    let Diagnose { paths, task, all, json, html } = diagnose;
    // Reading is work for a thread of its own: a folder of logs has gigabytes.
    let reading = tokio::task::spawn_blocking(move || trace::report(&trace::read(&paths)));
    let mut report = reading.await.context("the reading of the logs ended early")?;
    if let Some(task) = task {
        report.keep_only(&task.to_string());
    }
    if let Some(file) = html {
        let page = trace::html::page(&report);
        std::fs::write(&file, page).with_context(|| format!("failed to write {}", file.display()))?;
    }
    if json {
        print::json(&report)?;
    } else {
        std::io::stdout().lock().write_all(trace::text::page(&report, all || task.is_some()).as_bytes())?;
    }
    Ok(ExitCode::from(code(&report)))
}

/// 0 where everything that was found is done, 2 where an action is not, 1 where nothing could be read.
fn code(report: &trace::Report) -> u8 {
    if report.files.is_empty() {
        return exit::FAILED;
    }
    let all_done = report.actions.iter().all(|action| action.verdict == "done");
    if all_done { exit::DONE } else { exit::NOT_ALL_DONE }
}
