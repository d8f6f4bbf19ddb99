//! What the figures were measured on.

use std::{fs, io::Write as _};

/// Prints the machine and its load, without which a figure says nothing.
pub(crate) fn print() -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", describe())?;
    Ok(())
}

/// Returns the machine and its load.
pub(crate) fn describe() -> String {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = text("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(" : unknown");
    let memory = text("/proc/meminfo");
    let memory = memory
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok());
    let load = text("/proc/loadavg");
    format!(
        "machine: {} cores,{}, {} GiB; load before: {}",
        std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        model
            .trim_start_matches(['\t', ' ', ':'])
            .split_whitespace()
            .fold(String::new(), |text, word| text + " " + word),
        memory.unwrap_or(0) >> 20,
        load.split_whitespace().take(3).collect::<Vec<_>>().join(" "),
    )
}
