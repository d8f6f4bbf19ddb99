//! What a process has used, as the system counts it.

use std::{fs, time::Duration};

use anyhow::Context as _;

/// What `utime` and `stime` are counted in.
const TICKS_PER_SECOND: u64 = 100;

/// Returns the processor time that these processes have used, in user space and in the system.
pub(super) fn cpu(pids: &[u32]) -> anyhow::Result<Duration> {
    let mut ticks = 0;
    for pid in pids {
        let path = format!("/proc/{pid}/stat");
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {path}"))?;
        let fields = fields(&text);
        for at in [11, 12] {
            ticks += fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// Returns the memory that these processes have in use, in bytes.
pub(super) fn resident(pids: &[u32]) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for pid in pids {
        let path = format!("/proc/{pid}/status");
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {path}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        bytes += kib.with_context(|| format!("{path} tells no VmRSS"))? << 10;
    }
    Ok(bytes)
}

/// Returns the processes that `parent` has started.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let text = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if fields(&text).get(1).and_then(|field| field.parse::<u32>().ok()) == Some(parent) {
            found.push(pid);
        }
    }
    found
}

/// Returns the fields of `stat` behind the program's name, which may hold anything.
fn fields(stat: &str) -> Vec<&str> {
    stat.rsplit_once(')').map_or(stat, |(_, rest)| rest).split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_something() {
        let own = std::process::id();
        assert!(resident(&[own]).expect("it runs") > 1 << 20);
        assert!(cpu(&[own]).is_ok());
        assert!(cpu(&[u32::MAX]).is_err());
    }

    #[test]
    fn a_name_with_brackets_does_not_move_the_fields() {
        assert_eq!(fields("12 (a) b) S 1 2"), ["S", "1", "2"]);
    }
}
