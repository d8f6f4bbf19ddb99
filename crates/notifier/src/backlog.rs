//! What is to be pushed to devices that are online: decides, from what the store says waits and from the time, what to
//! have released and what to send next. Nothing here waits, reads or writes; the same input gives the same plan.
//!
//! A device's task is in one place of its [`Work`]: ready, being released, released and not sent, or on its way.

mod held;
mod page;
mod drain;
mod part;
mod step;
mod work;

use std::{collections::BTreeMap, time::Duration};

use action::{ActionKind, DeviceId, Reason, TaskGuid, Timestamp};
use site_store::PushMessage;

pub(crate) use self::step::{Finished, Step, Throttled, Wanted};
use self::work::Work;
use crate::{
    drains::Drain,
    news::Said,
    release::Release,
    throttle::{Gate, Lane, Throttles},
};

/// Pages of one push that are being released at a time: more would only wait in the authority.
const MOST_RELEASING: usize = 4;

/// A push that takes longer than this to drain is shown as throttled.
const SHOWN_FROM: Duration = Duration::from_secs(5);

/// What is to be pushed.
#[derive(Debug)]
pub(crate) struct Backlog {
    throttles: Throttles,
    gates: BTreeMap<GateKey, Turns>,
    /// By the number of the push message, so that older ones come first.
    works: BTreeMap<u64, Work>,
    numbers: BTreeMap<TaskGuid, u64>,
    /// Pushes that are through, and were not told.
    through: Vec<Drain>,
}

/// What shares a gate: pushes of one lane, and of one kind where it has a throttle of its own.
type GateKey = (Lane, Option<ActionKind>);

/// A gate, and the push whose turn was last: with room for one task at a time, each push still has its turn.
#[derive(Debug)]
struct Turns {
    gate: Gate,
    last: u64,
}

impl Backlog {
    pub(crate) fn new(throttles: Throttles) -> Self {
        Self {
            throttles,
            gates: BTreeMap::new(),
            works: BTreeMap::new(),
            numbers: BTreeMap::new(),
            through: Vec::new(),
        }
    }

    /// Returns whether the push message is known here.
    pub(crate) fn knows(&self, task_guid: TaskGuid) -> bool {
        self.numbers.contains_key(&task_guid)
    }

    /// Adds devices of a push message that wait and are online, each with its connection. Those that are known here,
    /// and on that connection, stay where they are. `unit` throws the dice, from 0 to 1.
    pub(crate) fn add(
        &mut self,
        message: &PushMessage,
        devices: impl IntoIterator<Item = (DeviceId, u64)>,
        now: Duration,
        mut unit: impl FnMut() -> f64,
    ) {
        let throttle = self.throttles.of(message.kind);
        let work = self.works.entry(message.number).or_insert_with(|| Work::new(message, throttle, now));
        self.numbers.insert(message.task_guid, message.number);
        for (device, connection) in devices {
            work.add(device, connection, throttle.due(work.lane, now, unit()));
        }
    }

    /// Adds a device that has come, where its push message is known here; returns whether it is.
    pub(crate) fn arrived(
        &mut self,
        task_guid: TaskGuid,
        device: DeviceId,
        connection: u64,
        now: Duration,
        unit: f64,
    ) -> bool {
        let Some(work) = self.numbers.get(&task_guid).and_then(|number| self.works.get_mut(number)) else {
            return false;
        };
        work.add(device, connection, work.throttle.due(work.lane, now, unit));
        true
    }

    /// Notes what a device said of a task.
    pub(crate) fn said(&mut self, task_guid: TaskGuid, device: DeviceId, said: Said, now: Duration) {
        if let Some(work) = self.numbers.get(&task_guid).and_then(|number| self.works.get_mut(number)) {
            work.said(device, said, now);
        }
    }

    /// Drops an action that was withdrawn.
    pub(crate) fn cancel(&mut self, task_guid: TaskGuid) {
        if let Some(number) = self.numbers.remove(&task_guid) {
            self.works.remove(&number);
        }
    }

    /// Returns what to ask the authority to release now.
    pub(crate) fn take_releases(&mut self, now: Duration, wall: Timestamp) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (number, work) in &mut self.works {
            work.drop_overdue(wall);
            while work.releasing < MOST_RELEASING {
                let devices = work.take_page(now);
                if devices.is_empty() {
                    break;
                }
                let (task_guid, in_rings) = (work.message.task_guid, work.in_rings);
                wanted.push(Wanted { number: *number, task_guid, devices, in_rings });
            }
        }
        wanted
    }

    /// Takes a release. It may be sent for `valid_for`; devices that were asked for and are not in it are forgotten.
    pub(crate) fn released(
        &mut self,
        wanted: &Wanted,
        release: Option<Release>,
        now: Duration,
        valid_for: Duration,
    ) {
        if let Some(work) = self.works.get_mut(&wanted.number) {
            work.released(&wanted.devices, release, now, valid_for);
        }
    }

    /// Keeps devices that the authority holds back, until it is time to ask again; `in_rings` says that they wait for
    /// what becomes of the others.
    pub(crate) fn held(
        &mut self,
        wanted: &Wanted,
        devices: impl Iterator<Item = DeviceId>,
        in_rings: bool,
        now: Duration,
    ) {
        if let Some(work) = self.works.get_mut(&wanted.number) {
            work.in_rings |= in_rings;
            devices.for_each(|device| work.hold(device, now));
        }
    }

    /// Puts back the devices of a release that failed; returns how long to wait before the next attempt.
    pub(crate) fn not_released(&mut self, wanted: &Wanted, now: Duration) -> Duration {
        match self.works.get_mut(&wanted.number) {
            Some(work) => work.not_released(&wanted.devices, now),
            None => Duration::ZERO,
        }
    }

    /// Plans what to send now: for each gate as much as it lets through, in turn from each push.
    pub(crate) fn take_sends(&mut self, now: Duration) -> Vec<Step> {
        let mut queues: BTreeMap<GateKey, (usize, Vec<u64>)> = BTreeMap::new();
        for (number, work) in &mut self.works {
            work.put_back_old_parts(now);
            let (unanswered, numbers) = queues.entry(key(&self.throttles, work)).or_default();
            *unanswered += work.flying;
            if work.has_due(now) {
                numbers.push(*number);
            }
        }
        let mut steps = Vec::new();
        for (key, (unanswered, mut numbers)) in queues {
            let throttle = key.1.map_or(self.throttles.default, |kind| self.throttles.of(kind));
            let turns = self.gates.entry(key).or_insert_with(|| Turns { gate: Gate::new(throttle), last: 0 });
            let after_last = numbers.partition_point(|number| *number <= turns.last);
            numbers.rotate_left(after_last);
            let mut room = turns.gate.room(now, unanswered);
            while room > 0 && !numbers.is_empty() {
                numbers.retain(|number| {
                    if room == 0 {
                        return true;
                    }
                    let work = self.works.get_mut(number);
                    if !work.is_some_and(|work| work.send_one(*number, now, &mut steps)) {
                        return false;
                    }
                    turns.gate.passed(now);
                    turns.last = *number;
                    room -= 1;
                    true
                });
            }
            if numbers.is_empty() {
                turns.gate.idle();
            }
        }
        steps
    }

    /// A task was handed to the device's connection.
    pub(crate) fn queued(&mut self, number: u64, device: DeviceId, connection: u64, now: Duration) {
        if let Some(work) = self.works.get_mut(&number) {
            work.queued(device, connection, now);
        }
    }

    /// A device has left before its task was handed over. When it comes again the store says what waits.
    pub(crate) fn gone(&mut self, number: u64, device: DeviceId) {
        if let Some(work) = self.works.get_mut(&number) {
            work.gone(device);
        }
    }

    /// A device's connection takes no more for now.
    pub(crate) fn busy(
        &mut self,
        number: u64,
        release: &Release,
        index: u32,
        device: DeviceId,
        now: Duration,
    ) {
        if let Some(work) = self.works.get_mut(&number) {
            work.busy(release, index, device, now);
        }
    }

    /// Returns the releases that have been sent since this was last asked, and forgets pushes with nothing left.
    pub(crate) fn finished(&mut self) -> Vec<Finished> {
        self.note_through();
        let finished = self.works.values_mut().flat_map(Work::finished).collect();
        let numbers = &mut self.numbers;
        self.works.retain(|_, work| {
            let done = work.is_empty();
            if done {
                numbers.remove(&work.message.task_guid);
            }
            !done
        });
        finished
    }

    /// Returns devices that wait behind others for long, once for each push.
    pub(crate) fn throttled(&mut self, now: Duration) -> Vec<Throttled> {
        let mut ahead: BTreeMap<GateKey, u64> = BTreeMap::new();
        let mut shown = Vec::new();
        for work in self.works.values_mut() {
            let ahead = ahead.entry(key(&self.throttles, work)).or_default();
            *ahead += work.queueing().count() as u64;
            let long = work.throttle.drain(*ahead).is_none_or(|drain| drain >= SHOWN_FROM);
            let settled = now >= work.since + Duration::from_secs(2);
            if !work.shown && settled && long && work.queueing().next().is_some() {
                work.shown = true;
                shown.push(Throttled {
                    task_guid: work.message.task_guid,
                    devices: work.queueing().collect(),
                    reason: Reason::Throttled { ahead: *ahead },
                });
            }
        }
        shown
    }

    /// Looks at what is on its way: who has not confirmed a task for long gets it again; who has left, or did not answer
    /// in time, is not waited for. `connection` tells a device's connection.
    pub(crate) fn sweep(&mut self, now: Duration, connection: impl Fn(DeviceId) -> Option<u64>) {
        for work in self.works.values_mut() {
            work.sweep(now, &connection);
        }
    }

    /// Returns when there is something to do again, if time alone brings it.
    pub(crate) fn next(&self, now: Duration) -> Option<Duration> {
        let of_work = |work: &Work| {
            let gate = self.gates.get(&key(&self.throttles, work));
            let opens = gate.and_then(|turns| turns.gate.opens(now));
            [work.next_release(now), work.next_send(now, opens)].into_iter().flatten().min()
        };
        self.works.values().filter_map(of_work).min()
    }
}

fn key(throttles: &Throttles, work: &Work) -> GateKey {
    (work.lane, throttles.key(work.message.kind))
}

#[cfg(test)]
mod tests;
