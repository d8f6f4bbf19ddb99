//! Devices that the authority holds back: asked about again after a while.

use std::{collections::BTreeSet, time::Duration};

use action::DeviceId;

/// How long until the authority is asked again: an emergency stop ends so much later, and a rollout costs a count of its
/// targets as often.
pub(super) const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// The devices of one push that are held back.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeSet<(Duration, DeviceId)>);

impl Held {
    pub(super) fn put(&mut self, until: Duration, device: DeviceId) {
        self.0.insert((until, device));
    }

    pub(super) fn remove(&mut self, until: Duration, device: DeviceId) {
        self.0.remove(&(until, device));
    }

    /// Returns the devices whose wait is over.
    pub(super) fn due(&self, now: Duration) -> Vec<DeviceId> {
        self.0.iter().take_while(|(until, _)| *until <= now).map(|(_, device)| *device).collect()
    }

    /// Returns when the next wait is over.
    pub(super) fn next(&self) -> Option<Duration> {
        self.0.first().map(|(until, _)| *until)
    }
}
