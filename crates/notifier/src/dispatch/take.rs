//! Takes push messages from the database, in the order of their numbers.

use action::{DeviceId, OfflinePolicy};
use database::DbError;
use service::dice;
use site_store::PushMessage;

use super::{Site, chores::Chores};
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
    /// How many were taken in this pass.
    in_pass: usize,
    has_more: bool,
}

impl Taking {
    /// Begins again at the first push message.
    pub(super) fn look_again(&mut self) {
        self.taken = 0;
    }

    /// Returns whether there may be more to take at once.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Takes the next push message; returns whether there was one, and may be another.
    pub(super) async fn take_one(
        &mut self,
        site: &Site,
        backlog: &mut Backlog,
        chores: &mut Chores,
    ) -> Result<bool, DbError> {
        let Some(message) = site.store.next_push_message(self.taken).await? else {
            (self.in_pass, self.has_more) = (0, false);
            return Ok(false);
        };
        if message.number > self.logged {
            site.log.about(message.task_guid).info("Get one push message from database.");
            self.logged = message.number;
        }
        let offline = take(site, backlog, &message).await?;
        if !offline.is_empty() {
            not_here(site, chores, &message, offline);
        }
        self.taken = message.number;
        self.in_pass = (self.in_pass + 1) % MOST_IN_PASS;
        self.has_more = self.in_pass == 0;
        Ok(!self.has_more)
    }
}

/// Takes the devices of a push message that wait and are here; returns the others.
async fn take(site: &Site, backlog: &mut Backlog, message: &PushMessage) -> Result<Vec<DeviceId>, DbError> {
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
            return Ok(offline);
        }
    }
}

/// Has stored what becomes of devices that are not here.
fn not_here(site: &Site, chores: &mut Chores, message: &PushMessage, devices: Vec<DeviceId>) {
    match message.offline {
        OfflinePolicy::Queue => chores.say_offline(site, message),
        // After a start devices have a while to come back; all is looked at again after it.
        OfflinePolicy::Fail if site.now() < RESYNC_AFTER => {}
        OfflinePolicy::Fail => chores.fail(site, message.task_guid, devices),
    }
}
