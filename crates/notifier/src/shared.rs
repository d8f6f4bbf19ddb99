//! What all connections share.

use std::{sync::Arc, time::Duration};

use action::SiteId;
use service::{log::ComponentLog, shutdown::Shutdown};
use tokio::{
    sync::{Mutex, mpsc},
    time::Instant,
};

use crate::{authority::Authority, counters::Counters, record::Report, registry::Registry, revoked::Revoked};

/// How old the signed time of a confirmation may be: it tells a device a lower bound, and one signature serves all who
/// come in these seconds.
const TIME_FRESH_FOR: Duration = Duration::from_secs(10);

/// Devices that may come back in a second after a restart: a tenth of what a core can greet.
const BACK_PER_SECOND: usize = 400;

/// The longest time that devices are told to come back within: beyond it an admin thinks that they are lost.
const BACK_WITHIN: u64 = 120;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) site: SiteId,
    pub(crate) keep_alive: Duration,
    pub(crate) max_connections: usize,
    pub(crate) registry: Arc<Registry>,
    pub(crate) revoked: Revoked,
    pub(crate) site_time: SiteTime,
    pub(crate) authority: Authority,
    pub(crate) reports: mpsc::Sender<Vec<Report>>,
    pub(crate) counters: Counters,
    pub(crate) log: ComponentLog,
    pub(crate) shutdown: Shutdown,
    pub(crate) started: Instant,
}

impl Shared {
    /// Returns the time since the server started: the clock of all state machines.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the moment of a time since the start.
    pub(crate) fn at(&self, time: Duration) -> Instant {
        self.started + time
    }

    /// Returns how many seconds devices are to spread their return over when the server restarts.
    pub(crate) fn back_within(&self) -> u32 {
        let seconds = u64::try_from(self.registry.len() / BACK_PER_SECOND).unwrap_or(BACK_WITHIN);
        u32::try_from(seconds.clamp(1, BACK_WITHIN)).unwrap_or(1)
    }
}

/// The site's signed time, asked for at most once in a while.
#[derive(Debug)]
pub(crate) struct SiteTime {
    authority: Authority,
    /// Locked while one sign-in asks; the others wait for what it learns.
    kept: Mutex<Option<(Instant, String)>>,
}

impl SiteTime {
    pub(crate) fn new(authority: Authority) -> Self {
        Self { authority, kept: Mutex::default() }
    }

    /// Returns the signed time; an old one where the authority is away, which is a lower bound all the same.
    pub(crate) async fn signed(&self) -> Option<String> {
        let mut kept = self.kept.lock().await;
        if let Some((asked_at, time)) = &*kept
            && asked_at.elapsed() < TIME_FRESH_FOR
        {
            return Some(time.clone());
        }
        let asked_at = Instant::now();
        match self.authority.site_time().await {
            Ok(time) => {
                *kept = Some((asked_at, time.clone()));
                Some(time)
            }
            Err(_) => kept.as_ref().map(|(_, time)| time.clone()),
        }
    }
}
