//! What processes hold, over time, and whether it grows.

use std::{fmt, fs, time::Duration};

use anyhow::Context as _;

/// Memory that may be held more at the end than after the first quarter, in percent, and in bytes whatever the percentage:
/// caches fill, and the allocator keeps what it was once given.
const MEMORY_PERCENT: u64 = 10;
const MEMORY_BYTES: u64 = 4 << 20;
/// Files and threads that may be more.
const HANDLES: u64 = 32;

/// Processes that are watched.
#[derive(Debug)]
pub(super) struct Watch {
    processes: Vec<Process>,
}

#[derive(Debug)]
struct Process {
    name: String,
    pid: u32,
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Duration,
    memory: u64,
    files: u64,
    threads: u64,
}

/// What one process held early and late.
#[derive(Debug)]
pub(super) struct Grown {
    what: String,
    early: u64,
    late: u64,
    is_memory: bool,
}

impl Watch {
    /// Watches processes, each with its name.
    pub(super) fn new(processes: impl Iterator<Item = (String, u32)>) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        for (name, pid) in processes {
            all.push(Process { name: name.clone(), pid, seen: Vec::new() });
            // The authority is a child of the site's process.
            for child in crate::notifier::children(pid) {
                all.push(Process { name: format!("{name}'s child"), pid: child, seen: Vec::new() });
            }
        }
        anyhow::ensure!(!all.is_empty(), "there is nothing to watch");
        Ok(Self { processes: all })
    }

    /// Looks once.
    pub(super) fn look(&mut self, at: Duration) -> anyhow::Result<()> {
        for process in &mut self.processes {
            process.seen.push(look(process.pid, at).with_context(|| format!("{} has ended", process.name))?);
        }
        Ok(())
    }

    /// Compares the second quarter of the time with the last: the first is the start.
    pub(super) fn grown(&self) -> Vec<Grown> {
        self.processes.iter().flat_map(Process::grown).collect()
    }
}

impl Process {
    fn grown(&self) -> Vec<Grown> {
        let whole = self.seen.last().map_or(Duration::ZERO, |seen| seen.at);
        let between = |from: u32, to: u32, of: fn(&Seen) -> u64| {
            let values =
                self.seen.iter().filter(|seen| seen.at * 4 >= whole * from && seen.at * 4 <= whole * to);
            let mut values: Vec<u64> = values.map(of).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        let grown = |what: &str, of: fn(&Seen) -> u64, is_memory| Grown {
            what: format!("{}: {what}", self.name),
            early: between(1, 2, of),
            late: between(3, 4, of),
            is_memory,
        };
        vec![
            grown("memory", |seen| seen.memory, true),
            grown("open files", |seen| seen.files, false),
            grown("threads", |seen| seen.threads, false),
        ]
    }
}

impl Grown {
    pub(super) fn is_too_much(&self) -> bool {
        let more = self.late.saturating_sub(self.early);
        if self.is_memory {
            more > MEMORY_BYTES.max(self.early * MEMORY_PERCENT / 100)
        } else {
            more > HANDLES
        }
    }
}

impl fmt::Display for Grown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, early, late, is_memory } = self;
        if *is_memory {
            write!(f, "{what}: {} KiB, then {} KiB", early >> 10, late >> 10)
        } else {
            write!(f, "{what}: {early}, then {late}")
        }
    }
}

fn look(pid: u32, at: Duration) -> anyhow::Result<Seen> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default()
    };
    let files = u64::try_from(fs::read_dir(format!("/proc/{pid}/fd"))?.count()).unwrap_or(u64::MAX);
    Ok(Seen { at, memory: number("VmRSS:") << 10, files, threads: number("Threads:") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_what_is_held_more_late_than_early() {
        let seen = |at: u64, memory: u64, files: u64| Seen {
            at: Duration::from_secs(at),
            memory: memory << 20,
            files,
            threads: 4,
        };
        let process = |memory: fn(u64) -> u64, files: fn(u64) -> u64| Process {
            name: "site".to_owned(),
            pid: 0,
            seen: (0..=100).map(|at| seen(at, memory(at), files(at))).collect(),
        };
        let too_much = |process: &Process| process.grown().iter().filter(|grown| grown.is_too_much()).count();
        assert_eq!(too_much(&process(|_| 50, |_| 10)), 0);
        assert_eq!(
            too_much(&process(|at| if at < 25 { at } else { 50 }, |_| 10)),
            0,
            "the start is no growth"
        );
        assert_eq!(too_much(&process(|at| 50 + at, |at| 10 + at)), 2);
    }
}
