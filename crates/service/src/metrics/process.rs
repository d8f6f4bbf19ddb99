//! What the system says of the process, under the names that Prometheus' own libraries use.

use std::{fmt::Write as _, fs, path::Path};

/// The system's pages are this long on every machine that Tenon runs on.
const PAGE_BYTES: u64 = 4096;

/// The clock of `/proc/self/stat`, in ticks a second: a constant of Linux's interface.
const TICKS: f64 = 100.0;

/// Appends the process's memory, files and time; what the system does not tell is left out.
pub(crate) fn append(text: &mut String) {
    let own = Path::new("/proc/self");
    let statm = fs::read_to_string(own.join("statm")).unwrap_or_default();
    if let Some(bytes) = resident(&statm) {
        gauge(text, "process_resident_memory_bytes", "Resident memory", bytes);
    }
    if let Ok(files) = fs::read_dir(own.join("fd")) {
        // The folder itself is open while it is read.
        gauge(text, "process_open_fds", "Open file descriptors", files.count().saturating_sub(1));
    }
    let stat = fs::read_to_string(own.join("stat")).unwrap_or_default();
    if let Some(seconds) = processor(&stat) {
        let name = "process_cpu_seconds_total";
        let _ = writeln!(text, "# HELP {name} Time on processors\n# TYPE {name} counter\n{name} {seconds}");
    }
}

fn gauge(text: &mut String, name: &str, help: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
}

/// Reads the second number of `statm`: resident pages.
fn resident(statm: &str) -> Option<u64> {
    statm.split(' ').nth(1)?.parse::<u64>().ok()?.checked_mul(PAGE_BYTES)
}

/// Reads user and system time out of `stat`. The program's name, in parentheses, may hold blanks.
fn processor(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let ticks = fields.next()?.parse::<u32>().ok()?.checked_add(fields.next()?.parse().ok()?)?;
    Some(f64::from(ticks) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_lines_are_read() {
        assert_eq!(resident("700 25 10 1 0 9 0\n"), Some(25 * 4096));
        assert_eq!(resident("700"), None);
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 5 700 25 1";
        assert_eq!(processor(stat), Some(2.0));
        assert_eq!(processor("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_is_told() {
        let mut text = String::new();
        append(&mut text);
        for name in ["process_resident_memory_bytes ", "process_open_fds ", "process_cpu_seconds_total "] {
            assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
        }
    }
}
