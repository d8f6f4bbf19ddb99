//! How pushes drain, and what a change of the throttle does to those that run.

use std::{collections::BTreeMap, time::Duration};

use super::{Backlog, GateKey, key, work::Work};
use crate::{
    drains::Drain,
    throttle::{Pace, Throttles, forecast},
};

/// How far a push is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drained {
    /// Clients that were online for it.
    pub(super) clients: u64,
    /// Clients that it was handed to, and when the last of them.
    pub(super) sent: u64,
    pub(super) last: Duration,
    /// What was predicted, for how many.
    predicted: Option<(Duration, u64)>,
    is_through: bool,
}

impl Backlog {
    /// Sets the throttle from now on, also for what waits.
    pub(crate) fn set_throttles(
        &mut self,
        throttles: Throttles,
        now: Duration,
        mut unit: impl FnMut() -> f64,
    ) {
        self.throttles = throttles;
        self.gates.clear();
        for work in self.works.values_mut() {
            work.set_throttle(self.throttles.of(work.message.kind), now, &mut unit);
        }
    }

    /// Returns how those pushes drain that have something to send, and those that are through since this was last asked.
    pub(crate) fn drains(&mut self, now: Duration) -> (Vec<Drain>, Vec<Drain>) {
        self.note_through();
        let mut ahead: BTreeMap<GateKey, u64> = BTreeMap::new();
        let mut running = Vec::new();
        for work in self.works.values_mut() {
            let ahead = ahead.entry(key(&self.throttles, work)).or_default();
            if work.count_waiting() > 0 {
                running.push(drain(work, *ahead, now));
            }
            *ahead += work.count_waiting();
        }
        (running, std::mem::take(&mut self.through))
    }

    /// Notes pushes that all clients which were online for them have.
    pub(super) fn note_through(&mut self) {
        for work in self.works.values_mut() {
            let is_through = work.count_waiting() == 0 && work.releasing == 0 && work.drained.sent > 0;
            if is_through && !work.drained.is_through {
                work.drained.is_through = true;
                let last = work.drained.last;
                self.through.push(drain(work, 0, last));
            }
        }
    }
}

fn drain(work: &mut Work, ahead: u64, now: Duration) -> Drain {
    let Drained { clients, sent, is_through, .. } = work.drained;
    // A push is found page by page; what was predicted for the first page is no prediction.
    let predicted = match work.drained.predicted {
        Some((predicted, of)) if of == clients => predicted,
        _ => forecast(work.throttle, clients, ahead, Pace::default()),
    };
    work.drained.predicted = Some((predicted, clients));
    Drain {
        task_id: work.message.task_id,
        task_guid: work.message.task_guid,
        throttle: work.throttle,
        clients,
        sent,
        ahead,
        predicted,
        elapsed: now.saturating_sub(work.since),
        is_through,
    }
}

impl Drained {
    /// What was predicted holds no more.
    pub(super) fn forget_prediction(&mut self) {
        self.predicted = None;
    }
}
