//! One push message: where the task of each of its devices is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use action::{DeviceId, Timestamp};
use authority_link::PAGE;
use device_channel::PushedTask;
use service::backoff::Backoff;
use site_store::PushMessage;

use super::{
    Finished, MOST_RELEASING, Step,
    drain::Drained,
    held::{ASK_AGAIN_AFTER, Held},
    page::{AHEAD, page},
    part::Part,
};
use crate::{
    news::Said,
    release::Release,
    throttle::{Lane, Throttle},
};

/// How long a task may stay unconfirmed on one connection before it is pushed again.
const AGAIN_AFTER: Duration = Duration::from_secs(300);

/// How long to wait for a connection that takes no more.
const BUSY_FOR: Duration = Duration::from_secs(1);

/// The waits between attempts to have a push released.
const RETRY: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));

/// A push message that has something to push.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) message: PushMessage,
    pub(super) lane: Lane,
    pub(super) throttle: Throttle,
    pub(super) since: Duration,
    pub(super) shown: bool,
    /// Pages that the authority is asked for.
    pub(super) releasing: usize,
    /// Tasks on their way that were not answered.
    pub(super) flying: usize,
    /// Whether the authority has held devices back for what becomes of the others.
    pub(super) in_rings: bool,
    pub(super) drained: Drained,
    places: BTreeMap<DeviceId, Place>,
    held: Held,
    ready: BTreeSet<(Duration, DeviceId)>,
    parts: BTreeMap<PushedTask, Part>,
    not_before: Duration,
    retry: Backoff,
}

/// Where a device's task is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// It waits to be released.
    Ready { due: Duration },
    /// The authority holds it back until then.
    Held { until: Duration, due: Duration },
    /// The authority is asked.
    Releasing { due: Duration },
    /// It is released and waits to be sent.
    Unsent { push: PushedTask, due: Duration, index: u32 },
    /// It was handed to the device's connection.
    Flying(Flight),
}

/// A task on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Flight {
    connection: u64,
    since: Duration,
    received: bool,
}

impl Work {
    pub(super) fn new(message: &PushMessage, throttle: Throttle, now: Duration) -> Self {
        Self {
            lane: if message.targets == 1 { Lane::Single } else { Lane::Many },
            message: message.clone(),
            throttle,
            since: now,
            shown: false,
            releasing: 0,
            flying: 0,
            in_rings: false,
            drained: Drained::default(),
            places: BTreeMap::new(),
            held: Held::default(),
            ready: BTreeSet::new(),
            parts: BTreeMap::new(),
            not_before: Duration::ZERO,
            retry: RETRY,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.parts.is_empty() && self.releasing == 0
    }

    /// Adds a device, unless its task is on its way on this very connection, or was received.
    pub(super) fn add(&mut self, device: DeviceId, connection: u64, due: Duration) {
        match self.places.get(&device) {
            Some(Place::Flying(flight)) if flight.received || flight.connection == connection => {}
            Some(Place::Flying(_)) => self.put(device, Place::Ready { due }),
            None => {
                self.drained.clients += 1;
                self.put(device, Place::Ready { due });
            }
            Some(
                Place::Ready { .. } | Place::Held { .. } | Place::Releasing { .. } | Place::Unsent { .. },
            ) => {}
        }
    }

    pub(super) fn said(&mut self, device: DeviceId, said: Said, now: Duration) {
        match (said, self.places.get(&device)) {
            (_, None) => {}
            (Said::Received, Some(Place::Flying(flight))) => {
                let flight = Flight { received: true, since: now, ..*flight };
                self.places.insert(device, Place::Flying(flight));
            }
            (Said::Received | Said::Answered, Some(_)) => self.gone(device),
        }
    }

    /// Drops what was not sent by its deadline: the reaper ends it.
    pub(super) fn drop_overdue(&mut self, wall: Timestamp) {
        if self.message.clocks.deliver_by > wall {
            return;
        }
        let overdue: Vec<DeviceId> = self.waiting().collect();
        overdue.into_iter().for_each(|device| self.gone(device));
    }

    /// Takes the next page of devices to be released; empty where it is not time for one.
    pub(super) fn take_page(&mut self, now: Duration) -> Vec<DeviceId> {
        if now < self.not_before {
            return Vec::new();
        }
        for device in self.held.due(now) {
            if let Some(Place::Held { due, .. }) = self.places.get(&device).copied() {
                self.put(device, Place::Ready { due });
            }
        }
        let page = self.page();
        let due = self.ready.iter().take_while(|(due, _)| *due <= now + AHEAD);
        let page: Vec<(Duration, DeviceId)> = due.take(page).copied().collect();
        for (due, device) in &page {
            self.put(*device, Place::Releasing { due: *due });
        }
        self.releasing += usize::from(!page.is_empty());
        page.into_iter().map(|(_, device)| device).collect()
    }

    fn page(&self) -> usize {
        page(self.throttle, self.unsent() + self.releasing * PAGE)
    }

    pub(super) fn released(
        &mut self,
        wanted: &[DeviceId],
        release: Option<Release>,
        now: Duration,
        valid_for: Duration,
    ) {
        self.releasing = self.releasing.saturating_sub(1);
        self.retry.worked();
        if let Some(release) = release {
            let mut part = Part::new(release, now, valid_for);
            let release = Arc::clone(&part.release);
            for (index, device) in (0u32..).zip(&release.devices) {
                // Who was answered for or withdrawn meanwhile is not in the places any more.
                if let Some(Place::Releasing { due }) = self.places.get(device).copied() {
                    self.put(*device, Place::Unsent { push: release.task, due, index });
                    part.unsent.insert((due, index));
                }
            }
            self.parts.insert(release.task, part);
        }
        for device in wanted {
            if let Some(Place::Releasing { .. }) = self.places.get(device) {
                self.gone(*device);
            }
        }
    }

    /// Keeps a device that the authority was asked for and holds back.
    pub(super) fn hold(&mut self, device: DeviceId, now: Duration) {
        if let Some(Place::Releasing { due }) = self.places.get(&device).copied() {
            self.put(device, Place::Held { until: now + ASK_AGAIN_AFTER, due });
        }
    }

    pub(super) fn not_released(&mut self, wanted: &[DeviceId], now: Duration) -> Duration {
        self.releasing = self.releasing.saturating_sub(1);
        for device in wanted {
            if let Some(Place::Releasing { due }) = self.places.get(device).copied() {
                self.put(*device, Place::Ready { due });
            }
        }
        // One caller in one process: there is nobody to keep apart from.
        let wait = self.retry.failed(1.0);
        self.not_before = now + wait;
        wait
    }

    pub(super) fn has_due(&self, now: Duration) -> bool {
        self.parts.values().any(|part| part.has_due(now))
    }

    /// Takes the next task that is due; returns whether there was one.
    pub(super) fn send_one(&mut self, number: u64, now: Duration, steps: &mut Vec<Step>) -> bool {
        let Some(part) = self.parts.values_mut().find(|part| part.has_due(now)) else { return false };
        let Some((index, device)) = part.take_first() else { return false };
        let release = Arc::clone(&part.release);
        if !part.started {
            part.started = true;
            steps.push(Step::Start { release: Arc::clone(&release), throttle: self.throttle });
        }
        steps.push(Step::Send { number, release, index, device });
        // Counted as on its way at once, so that a window is not overrun within one plan.
        self.put(device, Place::Flying(Flight { connection: 0, since: now, received: false }));
        true
    }

    pub(super) fn queued(&mut self, device: DeviceId, connection: u64, now: Duration) {
        if let Some(Place::Flying(flight)) = self.places.get(&device).copied() {
            let flight = Flight { connection, since: now, ..flight };
            self.drained.sent += 1;
            self.drained.last = now;
            self.places.insert(device, Place::Flying(flight));
        }
    }

    pub(super) fn busy(&mut self, release: &Release, index: u32, device: DeviceId, now: Duration) {
        let Some(part) = self.parts.get_mut(&release.task) else { return self.gone(device) };
        let due = now + BUSY_FOR;
        part.put_back(due, index);
        self.put(device, Place::Unsent { push: release.task, due, index });
    }

    pub(super) fn gone(&mut self, device: DeviceId) {
        self.take_from_place(device);
        self.places.remove(&device);
    }

    /// Puts back what a release holds that is too old to be sent.
    pub(super) fn put_back_old_parts(&mut self, now: Duration) {
        let old = self.parts.values().filter(|part| part.good_until <= now);
        let devices: Vec<DeviceId> = old.flat_map(Part::devices).collect();
        devices.into_iter().for_each(|device| self.put(device, Place::Ready { due: now }));
    }

    pub(super) fn finished(&mut self) -> Vec<Finished> {
        let mut finished = Vec::new();
        let task_guid = self.message.task_guid;
        self.parts.retain(|task, part| {
            let done = part.unsent.is_empty();
            if done && part.started {
                finished.push(Finished { task_guid, task: *task, sent: part.sent });
            }
            !done
        });
        finished
    }

    /// Gives what was not sent the moments of another throttle.
    pub(super) fn set_throttle(&mut self, throttle: Throttle, now: Duration, unit: &mut impl FnMut() -> f64) {
        if throttle == self.throttle {
            return;
        }
        self.throttle = throttle;
        self.shown = false;
        self.drained.forget_prediction();
        let waiting: Vec<(DeviceId, Place)> =
            self.waiting().filter_map(|device| Some((device, *self.places.get(&device)?))).collect();
        for (device, place) in waiting {
            let due = throttle.due(self.lane, now, unit());
            match place {
                Place::Ready { .. } => self.put(device, Place::Ready { due }),
                Place::Releasing { .. } => self.put(device, Place::Releasing { due }),
                Place::Unsent { push, index, .. } => {
                    self.put(device, Place::Unsent { push, due, index });
                    if let Some(part) = self.parts.get_mut(&push) {
                        part.unsent.insert((due, index));
                    }
                }
                Place::Held { until, .. } => self.put(device, Place::Held { until, due }),
                Place::Flying(_) => {}
            }
        }
    }

    /// Returns how many devices' tasks were not sent.
    pub(super) fn count_waiting(&self) -> u64 {
        self.places.len().saturating_sub(self.flying) as u64
    }

    /// Returns the devices whose task was not sent.
    pub(super) fn waiting(&self) -> impl Iterator<Item = DeviceId> {
        let flies = |place: &Place| matches!(place, Place::Flying(_));
        self.places.iter().filter(move |(_, place)| !flies(place)).map(|(device, _)| *device)
    }

    /// Returns the devices that wait for nothing but their turn.
    pub(super) fn queueing(&self) -> impl Iterator<Item = DeviceId> {
        let held = |device: &DeviceId| matches!(self.places.get(device), Some(Place::Held { .. }));
        self.waiting().filter(move |device| !held(device))
    }

    pub(super) fn sweep(&mut self, now: Duration, connection: &impl Fn(DeviceId) -> Option<u64>) {
        let finish_within = Duration::from_secs(self.message.clocks.finish_within_seconds.into());
        let mut again = Vec::new();
        let mut gone = Vec::new();
        for (device, place) in &self.places {
            let Place::Flying(flight) = place else { continue };
            let waited = now.saturating_sub(flight.since);
            let stays = connection(*device) == Some(flight.connection);
            match flight.received {
                true if waited > finish_within => gone.push(*device),
                false if !stays => gone.push(*device),
                false if waited >= AGAIN_AFTER => again.push(*device),
                true | false => {}
            }
        }
        gone.into_iter().for_each(|device| self.gone(device));
        again.into_iter().for_each(|device| self.put(device, Place::Ready { due: now }));
    }

    pub(super) fn next_release(&self, now: Duration) -> Option<Duration> {
        let ready = self.ready.first().map(|(due, _)| due.saturating_sub(AHEAD));
        let next = ready.into_iter().chain(self.held.next()).min()?;
        // What a throttle holds back is released when something has been sent, or answered.
        (self.page() > 0 && self.releasing < MOST_RELEASING).then(|| next.max(self.not_before).max(now))
    }

    /// Returns when the next task may be sent; `opens` is when time lets its gate through.
    pub(super) fn next_send(&self, now: Duration, opens: Option<Duration>) -> Option<Duration> {
        let first = self.parts.values().filter_map(|part| part.unsent.first()).map(|(due, _)| *due).min()?;
        match self.throttle {
            Throttle::Rate(_) => Some(first.max(opens.unwrap_or(now))),
            // An answer opens it, and is told.
            Throttle::Window(_) if first <= now => None,
            Throttle::Window(_) | Throttle::Spread(_) | Throttle::None => Some(first.max(now)),
        }
    }

    fn unsent(&self) -> usize {
        self.parts.values().map(|part| part.unsent.len()).sum()
    }

    fn put(&mut self, device: DeviceId, place: Place) {
        self.take_from_place(device);
        match place {
            Place::Ready { due } => drop(self.ready.insert((due, device))),
            Place::Held { until, .. } => self.held.put(until, device),
            Place::Flying(_) => self.flying += 1,
            Place::Releasing { .. } | Place::Unsent { .. } => {}
        }
        self.places.insert(device, place);
    }

    fn take_from_place(&mut self, device: DeviceId) {
        match self.places.get(&device) {
            Some(Place::Ready { due }) => drop(self.ready.remove(&(*due, device))),
            Some(Place::Held { until, .. }) => self.held.remove(*until, device),
            Some(Place::Unsent { push, due, index }) => {
                if let Some(part) = self.parts.get_mut(push) {
                    part.unsent.remove(&(*due, *index));
                }
            }
            Some(Place::Flying(_)) => self.flying -= 1,
            Some(Place::Releasing { .. }) | None => {}
        }
    }
}
