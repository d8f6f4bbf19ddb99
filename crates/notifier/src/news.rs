//! What happened on connections and matters to the passes that look at all of them: who came, who left, whose task was
//! received or answered. Bounded by the devices that are connected and the tasks that are on their way.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use action::{DeviceId, TaskGuid};
use tokio::sync::Notify;

/// What a device said of a task.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Said {
    /// It has it.
    Received,
    /// It has answered, or never will.
    Answered,
}

/// What happened since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct News {
    fresh: Mutex<Fresh>,
    for_dispatch: Notify,
    for_presence: Notify,
}

#[derive(Debug, Default)]
struct Fresh {
    arrivals: BTreeSet<DeviceId>,
    said: BTreeMap<(TaskGuid, DeviceId), Said>,
    presence: BTreeMap<DeviceId, bool>,
    look_again: bool,
}

/// What happened, for the dispatch.
#[derive(Debug, Default)]
pub(crate) struct ForDispatch {
    /// Devices that have come.
    pub(crate) arrivals: Vec<DeviceId>,
    /// What devices said of tasks.
    pub(crate) said: Vec<(TaskGuid, DeviceId, Said)>,
    /// Whether all of the store is to be looked at again.
    pub(crate) look_again: bool,
}

impl News {
    /// A device has come.
    pub(crate) fn came(&self, device: DeviceId) {
        let mut fresh = self.fresh();
        fresh.arrivals.insert(device);
        fresh.presence.insert(device, true);
        drop(fresh);
        self.for_dispatch.notify_one();
        self.for_presence.notify_one();
    }

    /// A device has left.
    pub(crate) fn left(&self, device: DeviceId) {
        self.fresh().presence.insert(device, false);
        self.for_presence.notify_one();
    }

    /// A device said something of a task, and it is stored.
    pub(crate) fn said(&self, all: impl IntoIterator<Item = (TaskGuid, DeviceId, Said)>) {
        let mut fresh = self.fresh();
        for (task, device, said) in all {
            let known = fresh.said.entry((task, device)).or_insert(said);
            *known = said.max(*known);
        }
        drop(fresh);
        self.for_dispatch.notify_one();
    }

    /// All of the store is to be looked at again.
    pub(crate) fn look_again(&self) {
        self.fresh().look_again = true;
        self.for_dispatch.notify_one();
    }

    /// Returns what happened, for the dispatch.
    pub(crate) fn for_dispatch(&self) -> ForDispatch {
        let mut fresh = self.fresh();
        ForDispatch {
            arrivals: std::mem::take(&mut fresh.arrivals).into_iter().collect(),
            said: std::mem::take(&mut fresh.said)
                .into_iter()
                .map(|((task, device), said)| (task, device, said))
                .collect(),
            look_again: std::mem::take(&mut fresh.look_again),
        }
    }

    /// Returns who came (`true`) and who left, where one device did both the last.
    pub(crate) fn for_presence(&self) -> Vec<(DeviceId, bool)> {
        std::mem::take(&mut self.fresh().presence).into_iter().collect()
    }

    /// Waits until something happened for the dispatch. Safe to cancel.
    pub(crate) async fn dispatch_rung(&self) {
        self.for_dispatch.notified().await;
    }

    /// Waits until somebody came or left. Safe to cancel.
    pub(crate) async fn presence_rung(&self) {
        self.for_presence.notified().await;
    }

    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
