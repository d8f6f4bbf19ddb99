//! Tells the authority what devices say of themselves, so that it can decide query collections.
//!
//! The truth is in the site's store: at the start all devices are told from there, page by page, and so they are when
//! more messages come than are remembered. In between only what was just stored is told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use action::DeviceId;
use authority_link::Facts;
use database::DbError;
use service::{backoff::Backoff, dice, error::Chain, shutdown::Shutdown, wake::Topic};
use site_store::DeviceFacts;
use tokio::time::{Duration, sleep};

use crate::{authority::AuthorityError, point::Point};

/// How many devices are told at once: some 300 KB.
const PAGE: usize = authority_link::FACTS_PAGE;

/// How many devices' messages are remembered between two passes; past it all are told from the store.
const REMEMBERED: usize = 20_000;

/// How long messages are gathered: a query collection may lag by that much, and a fleet that reports at once costs few
/// calls.
const GATHER: Duration = Duration::from_millis(500);

/// How often a pass is made without a signal.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The waits while the authority is away.
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

/// What the authority has not been told.
#[derive(Debug)]
pub(crate) struct Untold(Mutex<Waiting>);

#[derive(Debug)]
struct Waiting {
    all: Progress,
    newest: BTreeMap<DeviceId, Facts>,
}

/// How far telling all devices has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    Done,
    /// All up to this one are told.
    After(Option<DeviceId>),
}

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
enum PassError {
    #[error("failed to read the devices")]
    Store(#[from] DbError),
    #[error("failed to tell the authority")]
    Authority(#[from] AuthorityError),
}

impl Untold {
    /// Makes it, with all devices still to be told.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Waiting { all: Progress::After(None), newest: BTreeMap::new() }))
    }

    /// Remembers what a device has just said, and the store has committed.
    pub(crate) fn remember(&self, device: DeviceId, facts: Facts) {
        let mut waiting = self.waiting();
        waiting.newest.insert(device, facts);
        if waiting.newest.len() > REMEMBERED {
            waiting.newest.clear();
            waiting.all = Progress::After(None);
        }
    }

    fn progress(&self) -> Progress {
        self.waiting().all
    }

    /// Notes how far telling all has come, unless it was begun anew meanwhile.
    fn advance(&self, from: Progress, to: Progress) {
        let mut waiting = self.waiting();
        if waiting.all == from {
            waiting.all = to;
        }
    }

    fn page(&self) -> Vec<(DeviceId, Facts)> {
        self.waiting().newest.iter().take(PAGE).map(|(device, facts)| (*device, facts.clone())).collect()
    }

    /// Forgets what was told, but not what has been said since.
    fn told(&self, page: &[(DeviceId, Facts)]) {
        let mut waiting = self.waiting();
        for (device, facts) in page {
            if waiting.newest.get(device) == Some(facts) {
                waiting.newest.remove(device);
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the authority, until the shutdown begins.
pub(crate) async fn tell(point: Arc<Point>, shutdown: Shutdown) {
    let mut signals = point.wakes.listen(Topic::Facts);
    let mut backoff = BACKOFF;
    loop {
        let outcome = tokio::select! {
            () = shutdown.begun() => return,
            outcome = pass(&point) => outcome,
        };
        match outcome {
            Ok(()) => {
                backoff.worked();
                tokio::select! {
                    () = shutdown.begun() => return,
                    _ = signals.wait(LOOK_EVERY) => {}
                }
                sleep(GATHER).await;
            }
            Err(error) => {
                point.log.warn(format_args!("Discovery data waits: {}", Chain(&error)));
                tokio::select! {
                    () = shutdown.begun() => return,
                    () = sleep(backoff.failed(dice::unit())) => {}
                }
            }
        }
    }
}

/// Tells all that is to be told.
async fn pass(point: &Point) -> Result<(), PassError> {
    while let from @ Progress::After(after) = point.untold.progress() {
        let page = point.store.devices(after, u32::try_from(PAGE).unwrap_or(u32::MAX)).await?;
        let last = page.last().map(|row| row.device);
        let facts: Vec<_> = page.into_iter().map(|row| (row.device, facts(row.facts))).collect();
        if !facts.is_empty() {
            point.authority.put_facts(facts).await?;
        }
        point.untold.advance(from, last.map_or(Progress::Done, |last| Progress::After(Some(last))));
    }
    loop {
        let page = point.untold.page();
        if page.is_empty() {
            return Ok(());
        }
        point.authority.put_facts(page.clone()).await?;
        point.untold.told(&page);
        point.log.info(format_args!("Sent discovery data of {} clients to the site authority.", page.len()));
    }
}

/// Returns what the authority keeps of what a device says of itself.
pub(crate) fn facts(facts: DeviceFacts) -> Facts {
    let DeviceFacts { name, os, os_version, architecture, client_version, hardware, details: _ } = facts;
    Facts { name, os, os_version, architecture, client_version, hardware }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: usize) -> DeviceId {
        DeviceId(uuid::Uuid::from_u128(u128::try_from(number).expect("small")))
    }

    fn named(name: &str) -> Facts {
        Facts { name: name.to_owned(), ..Facts::default() }
    }

    #[test]
    fn what_is_said_while_a_page_is_told_is_told_next() {
        let untold = Untold::new();
        untold.remember(device(1), named("old"));
        untold.remember(device(2), named("steady"));
        let page = untold.page();
        untold.remember(device(1), named("new"));
        untold.told(&page);
        assert_eq!(untold.page(), [(device(1), named("new"))]);
    }

    #[test]
    fn what_finds_no_room_is_told_from_the_store() {
        let untold = Untold::new();
        untold.advance(Progress::After(None), Progress::Done);
        for number in 0..=REMEMBERED {
            untold.remember(device(number), Facts::default());
        }
        assert_eq!(untold.progress(), Progress::After(None));
        assert!(untold.page().is_empty());
    }

    #[test]
    fn telling_all_that_was_begun_anew_is_not_taken_for_done() {
        let untold = Untold::new();
        untold.advance(Progress::After(Some(device(1))), Progress::Done);
        assert_eq!(untold.progress(), Progress::After(None));
    }
}
