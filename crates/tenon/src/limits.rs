//! What the system lets a process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Asks for as many open files as the system allows: each connection is one, and the usual limit is 1,024.
pub(crate) fn open_files() {
    let limit = getrlimit(Resource::Nofile);
    // Where it is refused, the present limit is what there is; the notification server says what it got.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Returns how many files this process may have open.
pub(crate) fn most_open_files() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
