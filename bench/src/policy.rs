//! A policy of many files that is evaluated without a change: how long the agent takes, and how much memory.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::Context as _;
use e2e::binary;

use crate::figures::{Times, millis};

/// `cargo xtask bench policy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many files the policy describes
    #[arg(long, default_value_t = 1_000)]
    files: usize,
    /// How often it is evaluated
    #[arg(long, default_value_t = 20)]
    runs: usize,
}

/// Runs the benchmark. The first run makes the files; those that are measured change nothing.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    let path = folder.path().display();
    let mut text =
        "$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json\nresources:\n".to_owned();
    for n in 0..options.files {
        text.push_str(&format!(
            "- name: file {n}\n  type: Tenon.Linux/File\n  properties:\n    path: {path}/files/{n}.conf\n    mode: \
             '0644'\n    content: |\n"
        ));
        (0..8).for_each(|line| {
            text.push_str(&format!("      setting-{line} = value {n}, as the site wants it\n"))
        });
    }
    let document = folder.path().join("policy.yaml");
    fs::write(&document, &text)?;
    evaluate(&document)?;

    let mut times = Vec::with_capacity(options.runs);
    let mut memory = 0;
    for _ in 0..options.runs {
        let start = Instant::now();
        memory = evaluate(&document)?.max(memory);
        times.push(start.elapsed());
    }
    let times = Times::of(times);
    writeln!(
        std::io::stdout(),
        "policy of {} files, {} KiB, without a change: median {}, worst {} (target 500 ms), at most {memory} KiB of \
         memory (target 16384)",
        options.files,
        text.len() >> 10,
        millis(times.percentile(50)),
        millis(times.percentile(100)),
    )?;
    Ok(())
}

/// Evaluates the document in a process of its own; returns the most memory that it had, in KiB.
fn evaluate(document: &std::path::Path) -> anyhow::Result<u64> {
    let output = Command::new(binary("tenon-agent"))
        .args(["policy", "apply", "--memory"])
        .arg(document)
        .stdout(Stdio::null())
        .output()?;
    anyhow::ensure!(output.status.success(), "the agent failed: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().find_map(|line| line.strip_prefix("most memory: "));
    line.and_then(|line| line.strip_suffix(" KiB")?.parse().ok()).context("the agent did not say its memory")
}
