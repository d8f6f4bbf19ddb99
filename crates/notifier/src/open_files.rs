//! How many files the system lets the process open, and how many devices that leaves room for: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are no connections of devices: the store's, the logs', the listeners, the authority's connection.
const OTHERS: usize = 128;

/// Connections that are not those of a device yet, for each sixteen files: what a storm keeps in work.
const HALF_OPEN_SHARE: usize = 16;

/// The fewest and the most of them. A core shakes hands with 4,000 devices in a second, and each takes some 8 KiB then.
const HALF_OPEN: std::ops::RangeInclusive<usize> = 32..=4_096;

/// What the limit of open files leaves room for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Room {
    /// The limit.
    pub(crate) files: usize,
    /// Devices at a time.
    pub(crate) devices: usize,
    /// Connections at a time that are not those of a device yet.
    pub(crate) half_open: usize,
}

/// Asks the system for as many open files as it gives, and returns what it gave.
pub(crate) fn most() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // Where it is refused, the present limit is what there is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let got = getrlimit(Resource::Nofile).current;
    got.map_or(usize::MAX, |got| usize::try_from(got).unwrap_or(usize::MAX))
}

/// Shares the open files out; `wanted` is how many devices the settings allow.
pub(crate) fn share(files: usize, wanted: usize) -> Room {
    let half_open = (files / HALF_OPEN_SHARE).clamp(*HALF_OPEN.start(), *HALF_OPEN.end());
    let devices = files.saturating_sub(OTHERS + half_open).clamp(1, wanted.max(1));
    Room { files, devices, half_open }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_what_the_settings_and_the_system_allow() {
        for (files, wanted, devices, half_open) in [
            (20_000, 100_000, 18_622, 1_250),
            (1_048_576, 100_000, 100_000, 4_096),
            (1_024, 100_000, 832, 64),
            (usize::MAX, 100_000, 100_000, 4_096),
            (20_000, 500, 500, 1_250),
            (64, 10, 1, 32),
        ] {
            assert_eq!(share(files, wanted), Room { files, devices, half_open }, "{files} files");
            assert!(devices + half_open + OTHERS <= files || files < 256);
        }
    }
}
