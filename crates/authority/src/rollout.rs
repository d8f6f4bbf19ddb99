//! A rollout: which rings of a push are open. A plain state machine: what has happened and the time are arguments.

use std::time::Duration;

use action::{Reason, Timestamp};
use authority_link::{Results, RolloutPlan, Then};
use serde::{Deserialize, Serialize};

/// Where a rollout stands. Only ever moves on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rollout {
    /// The last ring that is open, from 0; as many as the plan has stands for everybody.
    pub(crate) open: u32,
    /// When it opened.
    pub(crate) opened_at: Timestamp,
    /// The results that stopped it.
    pub(crate) stopped: Option<Stopped>,
}

/// How many had failed when a rollout was stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stopped {
    failed: u64,
    sent: u64,
}

impl Rollout {
    /// Begins with the first ring open.
    pub(crate) fn begin(now: Timestamp) -> Self {
        Self { open: 0, opened_at: now, stopped: None }
    }

    /// Returns where the rollout stands after `results`. At most one ring opens at a time, so that each gets its say.
    #[must_use]
    pub(crate) fn after(self, plan: &RolloutPlan, results: Results, now: Timestamp) -> Self {
        if self.stopped.is_some() {
            return self;
        }
        if share(results.failed, results.sent) > u64::from(plan.stop_above_percent) {
            let stopped = Some(Stopped { failed: results.failed, sent: results.sent });
            return Self { stopped, ..self };
        }
        let Some(ring) = usize::try_from(self.open).ok().and_then(|open| plan.rings.get(open)) else {
            return self;
        };
        let opens = match ring.then {
            Then::After { seconds } => now >= self.opened_at.plus(Duration::from_secs(seconds)),
            Then::Done { percent } => {
                results.sent > 0 && share(results.done, results.sent) >= u64::from(percent)
            }
        };
        if opens { Self { open: self.open + 1, opened_at: now, stopped: None } } else { self }
    }

    /// Returns why a device of `ring` does not get the task now; `None` where it does.
    pub(crate) fn holds_back(&self, plan: &RolloutPlan, ring: u32) -> Option<Reason> {
        if let Some(Stopped { failed, sent }) = self.stopped {
            return Some(Reason::RolloutStopped { failed, of: sent, limit: plan.stop_above_percent });
        }
        let of = u32::try_from(plan.rings.len()).unwrap_or(u32::MAX).saturating_add(1);
        let before = usize::try_from(ring).ok().and_then(|ring| plan.rings.get(ring.checked_sub(1)?));
        let until = match before.map(|ring| ring.then) {
            Some(Then::After { seconds }) => format!("{seconds} s after the ring before"),
            Some(Then::Done { percent }) => format!("when {percent} % of the devices before have done it"),
            None => String::new(),
        };
        (ring > self.open).then(|| Reason::RingWaits { ring: ring + 1, of, until })
    }
}

/// Returns a share in percent, rounded down.
fn share(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use authority_link::Ring;

    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_ring_opens_after_its_time() {
        check("60 s, 90 %; stop 10", "59: 0/0/0=0 60: 0/0/0=1 61: 10/0/0=1");
    }

    #[test]
    fn a_ring_opens_when_enough_have_done_it() {
        check("90 %; stop 50", "1: 0/0/0=0 2: 10/8/0=0 3: 10/9/0=1 4: 10/9/0=1");
    }

    #[test]
    fn one_ring_opens_at_a_time() {
        check("0 s, 0 s, 0 s; stop 50", "0: 0/0/0=1 0: 0/0/0=2 0: 0/0/0=3 0: 0/0/0=3");
    }

    #[test]
    fn too_many_failures_stop_it_for_good() {
        check("1 %; stop 10", "1: 10/0/1=0 2: 10/5/2=stopped 3: 1000/998/2=stopped");
        check("1 %; stop 0", "1: 10/9/1=stopped");
        check("60 s; stop 10", "60: 10/0/2=stopped");
    }

    #[test]
    fn a_device_of_a_later_ring_is_told_what_it_waits_for() {
        let plan = plan("60 s, 90 %; stop 10");
        let rollout = Rollout::begin(START);
        assert_eq!(rollout.holds_back(&plan, 0), None);
        let told = |ring| rollout.holds_back(&plan, ring).expect("held").to_string();
        assert_eq!(told(1), "the device is in ring 2 of 3, which opens 60 s after the ring before");
        let done = "when 90 % of the devices before have done it";
        assert_eq!(told(2), format!("the device is in ring 3 of 3, which opens {done}"));
    }

    /// Walks a rollout of `plan` through `steps`: `seconds: sent/done/failed=ring open`.
    #[track_caller]
    fn check(text: &str, steps: &str) {
        let plan = plan(text);
        let mut rollout = Rollout::begin(START);
        let mut words = steps.split(' ');
        while let (Some(seconds), Some(step)) = (words.next(), words.next()) {
            let seconds = seconds.trim_end_matches(':').parse().expect("seconds");
            let (results, expected) = step.split_once('=').expect("a step");
            let mut numbers = results.split('/').map(|number| number.parse().expect("a number"));
            let mut next = || numbers.next().expect("three numbers");
            let results = Results { sent: next(), done: next(), failed: next() };
            rollout = rollout.after(&plan, results, START.plus(Duration::from_secs(seconds)));
            let stands = rollout.stopped.map_or_else(|| rollout.open.to_string(), |_| "stopped".into());
            assert_eq!(stands, expected, "`{step}` of `{steps}`");
        }
    }

    fn plan(text: &str) -> RolloutPlan {
        let (rings, stop) = text.split_once("; stop ").expect("a plan");
        let ring = |text: &str| {
            let (number, unit) = text.split_once(' ').expect("a ring");
            let number: u32 = number.parse().expect("a number");
            let then = match unit {
                "s" => Then::After { seconds: number.into() },
                _ => Then::Done { percent: number },
            };
            Ring { collection: "A".into(), then }
        };
        RolloutPlan {
            rings: rings.split(", ").map(ring).collect(),
            stop_above_percent: stop.parse().expect("a number"),
        }
    }
}
