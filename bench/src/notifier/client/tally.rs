//! What the devices of a load have done.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

/// What a device heard in one read.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::notifier) struct Heard {
    /// The server serves it from now on.
    pub(in crate::notifier) served: bool,
    /// Tasks that it answered for the first time.
    pub(in crate::notifier) answered: usize,
    /// Tasks that came again.
    pub(in crate::notifier) repeated: usize,
    /// Answers that the server said are stored, each counted once.
    pub(in crate::notifier) confirmed: usize,
}

/// What the devices have done.
#[derive(Debug, Default)]
pub(in crate::notifier) struct Tally {
    served: AtomicUsize,
    resumed: AtomicUsize,
    answered: AtomicUsize,
    repeated: AtomicUsize,
    confirmed: AtomicUsize,
    failures: AtomicUsize,
    first_failure: OnceLock<String>,
    /// When the last answer was said to be stored, by the machine's clock, in nanoseconds.
    last_confirmed: AtomicU64,
    leave: CancellationToken,
}

impl Tally {
    pub(super) fn came(&self, resumed: bool) {
        self.served.fetch_add(1, Ordering::Relaxed);
        self.resumed.fetch_add(resumed.into(), Ordering::Relaxed);
    }

    pub(super) fn gone(&self) {
        self.served.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn heard(&self, heard: &Heard, now: Duration) {
        if heard.answered > 0 {
            self.answered.fetch_add(heard.answered, Ordering::Relaxed);
        }
        if heard.repeated > 0 {
            self.repeated.fetch_add(heard.repeated, Ordering::Relaxed);
        }
        if heard.confirmed > 0 {
            self.confirmed.fetch_add(heard.confirmed, Ordering::Relaxed);
            let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
            self.last_confirmed.fetch_max(now, Ordering::Relaxed);
        }
    }

    pub(super) fn failed(&self, error: &anyhow::Error) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.first_failure.get_or_init(|| format!("{error:#}"));
    }

    pub(super) fn leave(&self) {
        self.leave.cancel();
    }

    pub(super) fn leaves(&self) -> bool {
        self.leave.is_cancelled()
    }

    pub(super) async fn left(&self) {
        self.leave.cancelled().await;
    }

    pub(in crate::notifier) fn served(&self) -> usize {
        self.served.load(Ordering::Relaxed)
    }

    pub(in crate::notifier) fn resumed(&self) -> usize {
        self.resumed.load(Ordering::Relaxed)
    }

    pub(in crate::notifier) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    pub(in crate::notifier) fn repeated(&self) -> usize {
        self.repeated.load(Ordering::Relaxed)
    }

    pub(in crate::notifier) fn confirmed(&self) -> usize {
        self.confirmed.load(Ordering::Relaxed)
    }

    pub(in crate::notifier) fn last_confirmed(&self) -> Duration {
        Duration::from_nanos(self.last_confirmed.load(Ordering::Relaxed))
    }
}
