//! Stores why targets wait or fail, beside the pass: a collection of a hundred thousand takes a second, and no other push
//! is to wait for that.

use action::{Conclusion, DeviceId, Event, Hop, Reason, TaskGuid};
use database::DbError;
use service::{clock, error::Chain, wake::Topic};
use site_store::{DrainRow, PushMessage, TargetUpdate, Waiters};
use tokio::task::JoinSet;

use super::Site;
use crate::{backlog::Throttled, drains::Drain};

/// Chores at a time. More than the database carries out at once; what finds no room is done when all is looked at again.
const MOST: usize = 64;

/// What is being stored.
#[derive(Debug, Default)]
pub(super) struct Chores(JoinSet<()>);

impl Chores {
    /// Stores that the targets whose device is offline wait for it.
    pub(super) fn say_offline(&mut self, site: &Site, message: &PushMessage) {
        let reason = Reason::DeviceOffline { until: Some(message.clocks.deliver_by) };
        let (task_guid, store) = (message.task_guid, site.store.clone());
        self.start(site, task_guid, async move {
            store.waiting_because(task_guid, Waiters::Offline, &reason, clock::now()).await
        });
    }

    /// Stores that targets wait behind others.
    pub(super) fn show(&mut self, site: &Site, throttled: Throttled) {
        let Throttled { task_guid, devices, reason } = throttled;
        let store = site.store.clone();
        self.start(site, task_guid, async move {
            store.waiting_because(task_guid, Waiters::Devices(&devices), &reason, clock::now()).await
        });
    }

    /// Stores that the action failed for devices that are offline and that it does not wait for.
    pub(super) fn fail(&mut self, site: &Site, task_guid: TaskGuid, devices: Vec<DeviceId>) {
        let store = site.store.clone();
        self.start(site, task_guid, async move {
            let at = clock::now();
            let event =
                Event::Concluded(Conclusion::Failed { reason: Reason::DeviceOffline { until: None } });
            let update = |device| TargetUpdate {
                task_guid,
                device,
                hop: Hop::NotificationServer,
                at,
                event: event.clone(),
                push_id: None,
            };
            let updates: Vec<TargetUpdate> = devices.into_iter().map(update).collect();
            Ok(store.record(&updates, at).await?.moved)
        });
    }

    /// Stores how pushes drain.
    pub(super) fn tell_drains(&mut self, site: &Site, drains: &[Drain]) {
        let Some(first) = drains.first() else { return };
        let rows: Vec<DrainRow> = drains.iter().map(Drain::row).collect();
        let (store, server) = (site.store.clone(), site.server.clone());
        self.start(site, first.task_guid, async move {
            // It is no event of an action: nobody is woken for it.
            store.put_drains(&server, &rows, clock::now()).await.map(|()| 0)
        });
    }

    fn start(
        &mut self,
        site: &Site,
        task_guid: TaskGuid,
        work: impl Future<Output = Result<u64, DbError>> + Send + 'static,
    ) {
        while self.0.try_join_next().is_some() {}
        if self.0.len() >= MOST {
            return;
        }
        let (wakes, log) = (site.wakes.clone(), site.log.clone());
        self.0.spawn(async move {
            match work.await {
                Ok(0) => {}
                Ok(_) => wakes.wake(Topic::Events),
                Err(error) => log.about(task_guid).warn(format_args!(
                    "Failed to store how push task (TaskGUID: {}) stands: {}",
                    task_guid.upper(),
                    Chain(&error)
                )),
            }
        });
    }
}
