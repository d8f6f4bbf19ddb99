//! How fast tasks are pushed: the four strategies, as functions of the time and of what is on its way.

mod forecast;
mod live;

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use action::ActionKind;

pub use forecast::{ANSWERED_WITHIN, Pace, UNTHROTTLED_PER_SECOND, forecast};
pub use live::LiveThrottles;

/// A steady rate begins with what falls into so long: timers are not finer, and a network does not notice.
const BURST: Duration = Duration::from_millis(50);

/// While tasks wait, a steady rate makes up for a pass that came so late: else a busy machine would push more slowly than
/// the site's owner has set, and nobody would know why. No second sees more than two seconds' worth.
const MADE_UP: Duration = Duration::from_secs(1);

/// How fast tasks are pushed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Throttle {
    /// Strategy 1: so many clients a second, evenly.
    Rate(NonZeroU32),
    /// Strategy 2: so many unanswered tasks at most.
    Window(NonZeroU32),
    /// Strategy 3: each client at a random moment within so many seconds.
    Spread(NonZeroU32),
    /// Strategy 0: at once.
    None,
}

/// Numbers that are no throttle.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ThrottleError {
    /// There is no such strategy.
    #[error("there is no throttling strategy {0}; take 0 (none), 1 (rate), 2 (window) or 3 (spread)")]
    Strategy(u32),
    /// Nothing would ever be pushed.
    #[error("throttling strategy {0} needs a param of 1 or more")]
    Param(u32),
}

/// The throttle of a site: one for all, and others for some kinds of action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Throttles {
    /// For every kind that has none of its own.
    pub default: Throttle,
    /// For kinds that have.
    pub by_kind: BTreeMap<ActionKind, Throttle>,
}

/// Who goes first. An action on one device never waits behind a push to many: it has a gate of its own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Lane {
    Single,
    Many,
}

/// Lets tasks through as a throttle allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    throttle: Throttle,
    /// When the next task may pass, of a steady rate.
    next: Duration,
    /// Whether tasks were waiting when the last one passed.
    busy: bool,
}

impl Throttle {
    /// The seed's own: strategy 1, param 42.
    pub const DEFAULT: Throttle = Throttle::Rate(NonZeroU32::new(42).expect("not zero"));

    /// Makes the throttle with these numbers, as the settings and the log write them.
    ///
    /// # Errors
    ///
    /// Says which number cannot be used.
    pub fn new(strategy: u32, param: u32) -> Result<Self, ThrottleError> {
        let param = NonZeroU32::new(param).ok_or(ThrottleError::Param(strategy));
        match strategy {
            0 => Ok(Throttle::None),
            1 => param.map(Throttle::Rate),
            2 => param.map(Throttle::Window),
            3 => param.map(Throttle::Spread),
            other => Err(ThrottleError::Strategy(other)),
        }
    }

    /// Returns the number of the strategy.
    pub fn strategy(self) -> u32 {
        match self {
            Throttle::None => 0,
            Throttle::Rate(_) => 1,
            Throttle::Window(_) => 2,
            Throttle::Spread(_) => 3,
        }
    }

    /// Returns the parameter; 0 where the strategy has none.
    pub fn param(self) -> u32 {
        match self {
            Throttle::None => 0,
            Throttle::Rate(param) | Throttle::Window(param) | Throttle::Spread(param) => param.get(),
        }
    }

    /// Returns how long it takes until so many tasks have been pushed; `None` where it depends on how fast devices
    /// answer.
    pub fn drain(self, tasks: u64) -> Option<Duration> {
        match self {
            Throttle::None => Some(Duration::ZERO),
            Throttle::Rate(rate) => {
                Some(Duration::from_millis(tasks.saturating_mul(1_000) / u64::from(rate.get())))
            }
            Throttle::Spread(seconds) => Some(Duration::from_secs(seconds.get().into())),
            Throttle::Window(_) => None,
        }
    }

    /// Returns when a task that became ready at `now` may go at the earliest; `unit` is a throw of the dice, 0 to 1.
    pub(crate) fn due(self, lane: Lane, now: Duration, unit: f64) -> Duration {
        match (self, lane) {
            (Throttle::Spread(seconds), Lane::Many) => {
                now + Duration::from_secs(seconds.get().into()).mul_f64(unit.clamp(0.0, 1.0))
            }
            _ => now,
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Default for Throttles {
    fn default() -> Self {
        Self { default: Throttle::DEFAULT, by_kind: BTreeMap::new() }
    }
}

impl Throttles {
    /// Makes one throttle for all kinds.
    pub fn all(throttle: Throttle) -> Self {
        Self { default: throttle, by_kind: BTreeMap::new() }
    }

    /// Returns the throttle of a kind.
    pub fn of(&self, kind: ActionKind) -> Throttle {
        self.by_kind.get(&kind).copied().unwrap_or(self.default)
    }

    /// Returns what kinds with one throttle share a gate by: the kind where it has one of its own.
    pub(crate) fn key(&self, kind: ActionKind) -> Option<ActionKind> {
        self.by_kind.contains_key(&kind).then_some(kind)
    }
}

impl Gate {
    pub(crate) const fn new(throttle: Throttle) -> Self {
        Self { throttle, next: Duration::ZERO, busy: false }
    }

    /// Returns how many tasks may pass now, where `unanswered` are on their way.
    pub(crate) fn room(&self, now: Duration, unanswered: usize) -> usize {
        match self.throttle {
            Throttle::None | Throttle::Spread(_) => usize::MAX,
            Throttle::Window(window) => size(window).saturating_sub(unanswered),
            Throttle::Rate(rate) => {
                let Some(late) = now.checked_sub(self.next) else { return 0 };
                let made_up = late.min(self.late()).as_nanos() / interval(rate).as_nanos().max(1);
                1 + usize::try_from(made_up).unwrap_or(0)
            }
        }
    }

    /// Notes that a task has passed.
    pub(crate) fn passed(&mut self, now: Duration) {
        if let Throttle::Rate(rate) = self.throttle {
            self.next = self.next.max(now.saturating_sub(self.late())) + interval(rate);
            self.busy = true;
        }
    }

    /// Notes that nothing waits to pass: a rate does not save up for what comes later.
    pub(crate) fn idle(&mut self) {
        self.busy = false;
    }

    fn late(&self) -> Duration {
        if self.busy { MADE_UP } else { BURST }
    }

    /// Returns when there is room again, where time alone makes it.
    pub(crate) fn opens(&self, now: Duration) -> Option<Duration> {
        match self.throttle {
            Throttle::Rate(_) => Some(self.next.max(now)),
            Throttle::None | Throttle::Window(_) | Throttle::Spread(_) => None,
        }
    }
}

fn interval(rate: NonZeroU32) -> Duration {
    Duration::from_secs(1) / rate.get()
}

fn size(param: NonZeroU32) -> usize {
    usize::try_from(param.get()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
