//! `tenon diagnose` on a large log: how fast it is searched on one core, and with how much memory, against `grep -F` on
//! the same file in the same run.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use e2e::binary;
use rustix::process::{WaitOptions, waitpid};

use crate::figures::{Times, millis};

/// `cargo xtask bench diagnose`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Megabytes of log; the memory is also measured at a quarter of it
    #[arg(long, default_value_t = 2_000)]
    megabytes: u64,
    /// Runs; the median is the figure
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

/// Lines of no action for each line of one: what a busy notification server writes besides.
const LINES_BETWEEN: u64 = 400;
/// Actions in the log, whatever its size: the memory is theirs.
const ACTIONS: u64 = 500;

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (whole, quarter) = (folder.path().join("BgbServer.log"), folder.path().join("quarter/BgbServer.log"));
    std::fs::create_dir_all(folder.path().join("quarter"))?;
    let bytes = write(&whole, options.megabytes << 20)?;
    write(&quarter, options.megabytes << 18)?;
    let (mut ours, mut grep) = (Vec::new(), Vec::new());
    let mut memory = 0;
    for _ in 0..options.runs {
        let (took, used) = timed(Command::new(binary("tenon")).args(["diagnose", "--json"]).arg(&whole))?;
        ours.push(took);
        memory = used.max(memory);
        // One fixed text: the least that any search does. In one byte order, as fast as it can be.
        let mut search = Command::new("grep");
        search.args(["-c", "-F", "Starting to send push task"]).arg(&whole).env("LC_ALL", "C");
        grep.push(timed(&mut search)?.0);
    }
    let (_, memory_of_quarter) =
        timed(Command::new(binary("tenon")).args(["diagnose", "--json"]).arg(&quarter))?;
    let (ours, grep) = (Times::of(ours), Times::of(grep));
    #[expect(clippy::cast_precision_loss, reason = "a figure of three digits")]
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{} MB of BgbServer.log: {} ({:.0} MB/s, target 500), grep -F {} ({:.0} MB/s): {:.2} of grep's time; \
         at most {} KiB of memory, {} KiB for a quarter of it",
        bytes / 1_000_000,
        millis(ours.percentile(50)),
        rate(ours.percentile(50)),
        millis(grep.percentile(50)),
        rate(grep.percentile(50)),
        ours.percentile(50).as_secs_f64() / grep.percentile(50).as_secs_f64(),
        memory,
        memory_of_quarter,
    )?;
    Ok(())
}

/// Writes a log of at least so many bytes, in the framing of servers.
fn write(path: &Path, bytes: u64) -> anyhow::Result<u64> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let (mut written, mut line) = (0, 0u64);
    let every = (bytes / 150 / ACTIONS).max(LINES_BETWEEN);
    while written < bytes {
        let (minute, second, milli) = (line / 60_000 % 60, line / 1_000 % 60, line % 1_000);
        let text = if line.is_multiple_of(every) {
            let number = line / every;
            format!(
                "Starting to send push task (PushID: {number} TaskID: {number} TaskGUID: {number:08X}-0000-4000-8000-\
                 000000000000 TaskType: 1 TaskParam: ) to 1 clients  with throttling (strategy: 1 param: 42)"
            )
        } else {
            format!(
                "Client {line:08x}-5a2b-4d2c-9f07-6f5cf3cdd3b0 said that it is alive; it is online since 00:{minute:02}"
            )
        };
        let framed = format!(
            "{text}~~  $$<SMS_NOTIFICATION_SERVER><11-30-2026 10:{minute:02}:{second:02}.{milli:03}+000><thread=7 (0x7)>\n"
        );
        file.write_all(framed.as_bytes())?;
        written += framed.len() as u64;
        line += 1;
    }
    file.flush()?;
    Ok(written)
}

/// Runs a command to its end; returns how long it took, and the most memory that it had in KiB.
fn timed(command: &mut Command) -> anyhow::Result<(Duration, u64)> {
    // Not /dev/null: grep knows it, and ends at its first match where nobody reads what it finds.
    let output = tempfile::tempfile()?;
    let start = Instant::now();
    let child = command.stdout(output).spawn().context("failed to start a command")?;
    let id = child.id();
    let mut memory = 0;
    let pid = rustix::process::Pid::from_child(&child);
    loop {
        if let Some(most) = most_memory(id) {
            memory = most.max(memory);
        }
        if let Some((_, status)) = waitpid(Some(pid), WaitOptions::NOHANG)? {
            let code = status.exit_status().unwrap_or(-1);
            ensure!(matches!(code, 0 | 2), "the command ended with {code}");
            return Ok((start.elapsed(), memory));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns the most memory that a process has had, in KiB.
fn most_memory(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}
