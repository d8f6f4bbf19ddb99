//! A release of a push, and what of it was not sent.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use action::DeviceId;

use crate::release::Release;

/// A task is not sent in the last part of its release's time: it has to reach the journal.
const MARGIN: Duration = Duration::from_secs(60);

/// A release, and what of it was not sent.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) release: Arc<Release>,
    /// Leaves, by when they may go.
    pub(super) unsent: BTreeSet<(Duration, u32)>,
    /// From then on what is left is released anew.
    pub(super) good_until: Duration,
    pub(super) started: bool,
    pub(super) sent: u64,
}

impl Part {
    pub(super) fn new(release: Release, now: Duration, valid_for: Duration) -> Self {
        // A release that ends with its action is used to its end: asking again would bring a shorter one.
        let margin = if valid_for > MARGIN * 4 { MARGIN } else { Duration::ZERO };
        let good_until = now + valid_for.saturating_sub(margin);
        Self { release: Arc::new(release), unsent: BTreeSet::new(), good_until, started: false, sent: 0 }
    }

    pub(super) fn has_due(&self, now: Duration) -> bool {
        self.unsent.first().is_some_and(|(due, _)| *due <= now)
    }

    /// Takes the first that was not sent.
    pub(super) fn take_first(&mut self) -> Option<(u32, DeviceId)> {
        let (_, index) = self.unsent.pop_first()?;
        self.sent += 1;
        Some((index, self.device(index)?))
    }

    /// Puts back what was taken and not sent.
    pub(super) fn put_back(&mut self, due: Duration, index: u32) {
        self.unsent.insert((due, index));
        self.sent = self.sent.saturating_sub(1);
    }

    /// Returns the devices whose task was not sent.
    pub(super) fn devices(&self) -> impl Iterator<Item = DeviceId> {
        self.unsent.iter().filter_map(|(_, index)| self.device(*index))
    }

    fn device(&self, index: u32) -> Option<DeviceId> {
        usize::try_from(index).ok().and_then(|index| self.release.devices.get(index)).copied()
    }
}
