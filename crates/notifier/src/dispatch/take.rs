//! Takes push messages from the database, in the order of their numbers.

use action::{Conclusion, DeviceId, Event, Hop, OfflinePolicy, Reason};
use database::DbError;
use service::{clock, dice, wake::Topic};
use site_store::{PushMessage, TargetUpdate, Waiters};

use super::Site;
use crate::{backlog::Backlog, presence::RESYNC_AFTER};

/// Push messages taken in one pass: then what they hold is pushed, before more are taken.
const MOST_IN_PASS: usize = 64;

/// Devices read at a time.
const PAGE: u32 = 10_000;

/// How far the push messages were taken.
#[derive(Debug, Default)]
pub(super) struct Taking {
    /// The number of the last one.
    taken: u64,
    /// The highest that was logged: looking again is no news.
    logged: u64,
    has_more: bool,
}

impl Taking {
    /// Begins again at the first push message.
    pub(super) fn look_again(&mut self) {
        self.taken = 0;
        self.has_more = true;
    }

    /// Returns whether there may be more to take at once.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Takes what is new.
    pub(super) async fn look(&mut self, site: &Site, backlog: &mut Backlog) -> Result<(), DbError> {
        for _ in 0..MOST_IN_PASS {
            let Some(message) = site.store.next_push_message(self.taken).await? else {
                self.has_more = false;
                return Ok(());
            };
            if message.number > self.logged {
                site.log.about(message.task_guid).info("Get one push message from database.");
                self.logged = message.number;
            }
            take(site, backlog, &message).await?;
            self.taken = message.number;
        }
        self.has_more = true;
        Ok(())
    }
}

/// Takes the devices of a push message that wait: who is here gets it, the others wait or fail.
async fn take(site: &Site, backlog: &mut Backlog, message: &PushMessage) -> Result<(), DbError> {
    let mut offline = Vec::new();
    let mut after = None;
    loop {
        let page = site.store.waiting(message.task_guid, after, PAGE).await?;
        let mut here = Vec::with_capacity(page.len());
        for device in &page {
            match site.registry.connection(*device) {
                Some(connection) => here.push((*device, connection)),
                None => offline.push(*device),
            }
        }
        if !here.is_empty() {
            backlog.add(message, here, site.now(), dice::unit);
        }
        after = page.last().copied();
        if after.is_none() || page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            break;
        }
    }
    if offline.is_empty() { Ok(()) } else { not_here(site, message, offline).await }
}

/// Stores what becomes of devices that are not here.
async fn not_here(site: &Site, message: &PushMessage, devices: Vec<DeviceId>) -> Result<(), DbError> {
    let now = clock::now();
    let changed = match message.offline {
        OfflinePolicy::Queue => {
            let reason = Reason::DeviceOffline { until: Some(message.clocks.deliver_by) };
            site.store.waiting_because(message.task_guid, Waiters::Offline, &reason, now).await?
        }
        // After a start devices have a while to come back; all is looked at again after it.
        OfflinePolicy::Fail if site.now() < RESYNC_AFTER => 0,
        OfflinePolicy::Fail => {
            let event =
                Event::Concluded(Conclusion::Failed { reason: Reason::DeviceOffline { until: None } });
            let update = |device| TargetUpdate {
                task_guid: message.task_guid,
                device,
                hop: Hop::NotificationServer,
                at: now,
                event: event.clone(),
                push_id: None,
            };
            let updates: Vec<TargetUpdate> = devices.into_iter().map(update).collect();
            site.store.record(&updates, now).await?.moved
        }
    };
    if changed > 0 {
        site.wakes.wake(Topic::Events);
    }
    Ok(())
}
