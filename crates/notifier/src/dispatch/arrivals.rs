//! Devices that have come: what waits for them is pushed.

use std::collections::{BTreeMap, BTreeSet};

use action::{DeviceId, TaskGuid};
use database::DbError;
use service::dice;

use super::Site;
use crate::backlog::Backlog;

/// Devices asked about at a time.
const PAGE: usize = 500;

/// Tasks that wait for the devices of one question. Where there are more, the devices are asked about again once the first
/// are on their way.
const MOST_WAITING: u32 = 20_000;

/// Devices that have come and were not asked about.
#[derive(Debug, Default)]
pub(super) struct Arrivals(BTreeSet<DeviceId>);

impl Arrivals {
    pub(super) fn note(&mut self, devices: Vec<DeviceId>) {
        self.0.extend(devices);
    }

    /// Asks what waits for them.
    pub(super) async fn look(&mut self, site: &Site, backlog: &mut Backlog) -> Result<(), DbError> {
        while !self.0.is_empty() {
            let page: Vec<DeviceId> = self.0.iter().take(PAGE).copied().collect();
            let waiting = site.store.waiting_for(&page, MOST_WAITING).await?;
            for device in &page {
                self.0.remove(device);
            }
            if waiting.len() >= usize::try_from(MOST_WAITING).unwrap_or(usize::MAX) {
                site.news.look_again();
            }
            let mut by_action: BTreeMap<TaskGuid, Vec<DeviceId>> = BTreeMap::new();
            for (device, task_guid) in waiting {
                by_action.entry(task_guid).or_default().push(device);
            }
            for (task_guid, devices) in by_action {
                push(site, backlog, task_guid, devices).await?;
            }
        }
        Ok(())
    }
}

async fn push(
    site: &Site,
    backlog: &mut Backlog,
    task_guid: TaskGuid,
    devices: Vec<DeviceId>,
) -> Result<(), DbError> {
    // Who has left again meanwhile is asked about when it comes again.
    let here: Vec<(DeviceId, u64)> =
        devices.into_iter().filter_map(|device| Some((device, site.registry.connection(device)?))).collect();
    if backlog.knows(task_guid) {
        for (device, connection) in here {
            backlog.arrived(task_guid, device, connection, site.now(), dice::unit());
        }
    } else if let Some(message) = site.store.push_message(task_guid).await? {
        backlog.add(&message, here, site.now(), dice::unit);
    }
    Ok(())
}
