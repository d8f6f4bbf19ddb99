//! Stores who is online: changes in sets, and after a start, or when it was not sure, all of it at once.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use action::{DeviceId, Reason, TaskGuid};
use database::DbError;
use service::{
    clock,
    error::Chain,
    log::ComponentLog,
    wake::{Topic, Wakes},
};
use site_store::{SiteStore, Waiters};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{news::News, registry::Registry};

/// How long changes are gathered before they are stored. Admins see who is online after a second at most.
const GATHER: Duration = Duration::from_millis(250);

/// How long after the start the store is made to agree with who is here: devices that were online before have come back by
/// then, and are not shown as offline for a moment.
pub(crate) const RESYNC_AFTER: Duration = Duration::from_secs(30);

/// How long to wait before the next attempt while the database fails.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Devices in one statement.
const PAGE: usize = 10_000;

/// Tasks that wait for the devices that have left, looked at together.
const MOST_WAITING: u32 = 50_000;

/// Stores who is online.
#[derive(Debug)]
pub(crate) struct Presence {
    pub(crate) server: String,
    pub(crate) store: SiteStore,
    pub(crate) wakes: Wakes,
    pub(crate) news: Arc<News>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) log: ComponentLog,
}

impl Presence {
    /// Stores until all connections have `ended`; then nobody is online here.
    pub(crate) async fn run(self, ended: CancellationToken) {
        let mut resync_at = Some(Instant::now() + RESYNC_AFTER);
        let mut failing = false;
        loop {
            let due = resync_at.unwrap_or_else(Instant::now);
            tokio::select! {
                () = ended.cancelled() => break,
                () = self.news.presence_rung() => {}
                () = sleep_until(due), if resync_at.is_some() => {}
            }
            let stored = if resync_at.is_some_and(|at| at <= Instant::now()) {
                self.resync(self.registry.devices()).await
            } else {
                tokio::select! {
                    () = ended.cancelled() => break,
                    () = sleep(GATHER) => {}
                }
                self.flush(self.news.for_presence()).await
            };
            resync_at = match stored {
                Ok(resynced) => {
                    failing = false;
                    resync_at.filter(|_| matches!(resynced, Resynced::No))
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        self.log.error(format_args!("Failed to store who is online: {}", Chain(&error)));
                    }
                    // What was not stored is not known any more: all of it is stored at the next attempt.
                    Some(Instant::now() + RETRY_AFTER)
                }
            };
        }
        if let Err(error) = self.resync(Vec::new()).await {
            self.log.error(format_args!("Failed to store that nobody is online: {}", Chain(&error)));
        }
    }

    async fn resync(&self, devices: Vec<DeviceId>) -> Result<Resynced, DbError> {
        // Changes from here on are stored after this; those before are in what is read of the registry.
        let _ = self.news.for_presence();
        let changed = self.store.resync_online(&self.server, &devices, clock::now()).await?;
        self.log.info(format_args!(
            "Resynchronized online status: {} clients online, {changed} changed.",
            devices.len()
        ));
        self.tell();
        self.news.look_again();
        Ok(Resynced::Yes)
    }

    async fn flush(&self, changes: Vec<(DeviceId, bool)>) -> Result<Resynced, DbError> {
        let mut left = Vec::new();
        for page in changes.chunks(PAGE) {
            self.store.set_online(&self.server, page, clock::now()).await?;
            left.extend(page.iter().filter(|(_, online)| !online).map(|(device, _)| *device));
        }
        if !changes.is_empty() {
            let came = changes.len() - left.len();
            self.log.info(format_args!("Online status: {came} clients came, {} clients left.", left.len()));
            self.tell();
        }
        self.say_what_waits(left).await?;
        Ok(Resynced::No)
    }

    /// Stores that what was not received by devices that have left waits for them.
    async fn say_what_waits(&self, left: Vec<DeviceId>) -> Result<(), DbError> {
        for page in left.chunks(PAGE) {
            let mut waiting: BTreeMap<TaskGuid, Vec<DeviceId>> = BTreeMap::new();
            for (device, task_guid) in self.store.waiting_for(page, MOST_WAITING).await? {
                // It may have come back by now.
                if self.registry.connection(device).is_none() {
                    waiting.entry(task_guid).or_default().push(device);
                }
            }
            for (task_guid, devices) in waiting {
                let message = self.store.push_message(task_guid).await?;
                let until = message.map(|message| message.clocks.deliver_by);
                let reason = Reason::DeviceOffline { until };
                let waiters = Waiters::Devices(&devices);
                if self.store.waiting_because(task_guid, waiters, &reason, clock::now()).await? > 0 {
                    self.wakes.wake(Topic::Events);
                }
            }
        }
        Ok(())
    }

    fn tell(&self) {
        self.wakes.wake(Topic::Online);
        self.wakes.wake(Topic::Devices);
    }
}

/// Whether all of it was stored.
enum Resynced {
    Yes,
    No,
}
