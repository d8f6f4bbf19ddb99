//! Decides what runs when: the cycles that run without the server, and the runs that tasks ask for.
//!
//! Runs of one kind never overlap, and a run that is stuck holds up no other kind. A task that comes while its kind
//! runs waits for the next run, which begins as soon as this one ends and serves all who wait: the present run may have
//! read the policy before the admin changed it.

use std::{collections::BTreeMap, time::Duration};

use action::TaskGuid;
use service::backoff::Backoff;

/// A kind of work.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Work {
    /// Download the machine policy, apply it, report compliance.
    MachinePolicy,
    /// Download the user policy, apply it as each of its users, report compliance.
    UserPolicy,
    /// Evaluate the applications that are deployed to the device, install what is due, report how they stand.
    Applications,
    /// Report what the device is.
    Discovery,
    /// Refresh the trust document; renew the certificate when its time has come.
    Credentials,
    /// Send the state message that the site did not get.
    Reports,
    /// Send the agent's logs. Only a task asks for it.
    Logs,
    /// Set how much the logs say. Only a task asks for it.
    LogLevel,
}

impl Work {
    const ALL: [Work; 8] = [
        Work::MachinePolicy,
        Work::UserPolicy,
        Work::Applications,
        Work::Discovery,
        Work::Credentials,
        Work::Reports,
        Work::Logs,
        Work::LogLevel,
    ];

    /// Returns the word in the journal's notes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Work::MachinePolicy => "machine policy",
            Work::UserPolicy => "user policy",
            Work::Applications => "applications",
            Work::Discovery => "discovery",
            Work::Credentials => "credentials",
            Work::Reports => "reports",
            Work::Logs => "logs",
            Work::LogLevel => "log level",
        }
    }

    /// Returns the work of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|work| work.name() == name)
    }

    /// Returns how long a run may take before it is ended with all that it started: far longer than what works needs,
    /// and an end for what does not.
    pub(crate) fn limit(self) -> Duration {
        match self {
            // An application's step alone may take half a day.
            Work::Applications => Duration::from_hours(24),
            Work::MachinePolicy | Work::UserPolicy => Duration::from_hours(12),
            Work::Discovery | Work::Credentials | Work::Reports | Work::Logs | Work::LogLevel => {
                Duration::from_hours(1)
            }
        }
    }
}

/// How often the cycles run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cycles {
    /// Machine policy.
    pub machine_policy: Duration,
    /// Applications.
    pub applications: Duration,
    /// Discovery data.
    pub discovery: Duration,
    /// A look whether TCP works, while the WebSocket is used. One that fails costs one connection attempt.
    pub look_for_tcp: Duration,
}

impl Default for Cycles {
    fn default() -> Self {
        Self {
            machine_policy: Duration::from_hours(1),
            applications: Duration::from_hours(7 * 24),
            discovery: Duration::from_hours(7 * 24),
            look_for_tcp: Duration::from_secs(600),
        }
    }
}

/// How often the trust document is looked at: well within the overlap of an old and a new key.
const CREDENTIALS: Duration = Duration::from_hours(12);
/// How often it is looked whether a state message is left; one that is left hurries this.
const REPORTS: Duration = Duration::from_hours(24);
/// The first runs after a start are spread over this, so that a data centre that was switched on does not ask at once.
const FIRST_WITHIN: Duration = Duration::from_secs(120);
/// A run that failed is tried again after at most this at first, doubling up to its period.
const FIRST_RETRY: Duration = Duration::from_secs(60);
/// How far a period is stretched or shortened.
const JITTER: f64 = 0.1;
/// When a cycle is due that there is not: the work runs where a task asks for it.
const NEVER: Duration = Duration::MAX;

/// How a run ended, for the schedule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ended {
    /// It did what it is for; the next one is due after a period.
    Well,
    /// It could not, and trying again sooner may help.
    Badly,
}

/// What a task that asks for a run gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    /// A run for it begins now: the caller starts it.
    Begins,
    /// It waits for the next run.
    Waits,
}

/// The schedule of all kinds of work.
#[derive(Debug)]
pub(crate) struct Schedule {
    lines: BTreeMap<Work, Line>,
}

#[derive(Debug)]
struct Line {
    /// How often it runs by itself.
    period: Option<Duration>,
    due: Duration,
    retry: Backoff,
    running: Option<Vec<TaskGuid>>,
    waiting: Vec<TaskGuid>,
}

impl Schedule {
    /// Begins at `now` of the boot clock; `unit` throws the dice, from 0 to 1.
    pub(crate) fn new(cycles: Cycles, now: Duration, mut unit: impl FnMut() -> f64) -> Self {
        let periods = [
            (Work::MachinePolicy, Some(cycles.machine_policy)),
            // With machine policy: who logged on since then is served within its period.
            (Work::UserPolicy, Some(cycles.machine_policy)),
            (Work::Applications, Some(cycles.applications)),
            (Work::Discovery, Some(cycles.discovery)),
            (Work::Credentials, Some(CREDENTIALS)),
            (Work::Reports, Some(REPORTS)),
            (Work::Logs, None),
            (Work::LogLevel, None),
        ];
        let lines = periods.into_iter().map(|(work, period)| {
            let first = |period| now + FIRST_WITHIN.min(period).mul_f64(unit().clamp(0.0, 1.0));
            let line = Line {
                period,
                due: period.map_or(NEVER, first),
                retry: Backoff::new(FIRST_RETRY, period.unwrap_or(FIRST_RETRY)),
                running: None,
                waiting: Vec::new(),
            };
            (work, line)
        });
        Self { lines: lines.collect() }
    }

    /// A task asks for a run.
    pub(crate) fn ask(&mut self, work: Work, task: TaskGuid) -> Asked {
        let line = self.line(work);
        match &line.running {
            None => {
                line.running = Some(vec![task]);
                Asked::Begins
            }
            Some(_) => {
                line.waiting.push(task);
                Asked::Waits
            }
        }
    }

    /// Something other than a task asks for a run, at `at` at the latest.
    pub(crate) fn hurry(&mut self, work: Work, at: Duration) {
        let line = self.line(work);
        line.due = line.due.min(at);
    }

    /// Returns the cycles that begin now: the caller starts them.
    pub(crate) fn due(&mut self, now: Duration) -> Vec<Work> {
        let free = self.lines.iter_mut().filter(|(_, line)| line.running.is_none() && line.due <= now);
        free.map(|(work, line)| {
            line.running = Some(Vec::new());
            *work
        })
        .collect()
    }

    /// Returns when a cycle begins next.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        let has_cycle = |line: &&Line| line.running.is_none() && line.period.is_some();
        self.lines.values().filter(has_cycle).map(|line| line.due).min()
    }

    /// Returns when this work is due next; none where it only runs for tasks.
    pub(crate) fn due_at(&self, work: Work) -> Option<Duration> {
        self.lines.get(&work).filter(|line| line.period.is_some()).map(|line| line.due)
    }

    /// A run ended. Returns the tasks that it served. Where others wait, their run begins: see [`Schedule::tasks_of`].
    pub(crate) fn ended(&mut self, work: Work, how: Ended, now: Duration, unit: f64) -> Vec<TaskGuid> {
        let line = self.line(work);
        let served = line.running.take().unwrap_or_default();
        line.due = match (line.period, how) {
            (None, _) => NEVER,
            (Some(period), Ended::Well) => {
                line.retry.worked();
                now + period.mul_f64(1.0 - JITTER + 2.0 * JITTER * unit.clamp(0.0, 1.0))
            }
            (Some(_), Ended::Badly) => now + line.retry.failed(unit),
        };
        if !line.waiting.is_empty() {
            line.running = Some(std::mem::take(&mut line.waiting));
        }
        served
    }

    /// Returns the tasks of the present run; `None` where none runs.
    pub(crate) fn tasks_of(&self, work: Work) -> Option<&[TaskGuid]> {
        self.lines.get(&work).and_then(|line| line.running.as_deref())
    }

    /// Returns whether a task waits for a run that has not begun.
    pub(crate) fn waits(&self, task: TaskGuid) -> bool {
        self.lines.values().any(|line| line.waiting.contains(&task))
    }

    /// Forgets a task: it was answered otherwise. A run that began goes on.
    pub(crate) fn forget(&mut self, task: TaskGuid) {
        for line in self.lines.values_mut() {
            line.waiting.retain(|waiting| *waiting != task);
            if let Some(running) = &mut line.running {
                running.retain(|served| *served != task);
            }
        }
    }

    fn line(&mut self, work: Work) -> &mut Line {
        self.lines.get_mut(&work).expect("each kind of work has a line from the start")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn cycles_run_by_themselves_spread_and_apart() {
        let mut schedule = schedule();
        assert_eq!(schedule.due(Duration::ZERO), []);
        assert_eq!(
            schedule.due(MINUTE),
            [
                Work::MachinePolicy,
                Work::UserPolicy,
                Work::Applications,
                Work::Discovery,
                Work::Credentials,
                Work::Reports
            ]
        );
        assert_eq!(schedule.due(MINUTE), [], "what runs does not begin again");
        assert_eq!(schedule.next_due(), None);

        schedule.ended(Work::MachinePolicy, Ended::Well, MINUTE, 1.0);
        assert_eq!(schedule.next_due(), Some(67 * MINUTE), "an hour and a tenth");
        schedule.ended(Work::Discovery, Ended::Badly, MINUTE, 1.0);
        assert_eq!(schedule.next_due(), Some(2 * MINUTE), "a failed run is tried again soon");
    }

    #[test]
    fn each_kind_of_work_is_known_by_its_name() {
        for work in Work::ALL {
            assert_eq!(Work::named(work.name()), Some(work));
            assert!(work.limit() >= Duration::from_hours(1));
        }
        assert_eq!(Work::named("elsewhere"), None);
    }

    #[test]
    fn a_task_begins_a_run_and_those_that_come_meanwhile_share_the_next() {
        let mut schedule = schedule();
        assert_eq!(schedule.ask(Work::MachinePolicy, task(1)), Asked::Begins);
        assert_eq!(schedule.ask(Work::MachinePolicy, task(2)), Asked::Waits);
        assert_eq!(schedule.ask(Work::MachinePolicy, task(3)), Asked::Waits);
        assert!(schedule.waits(task(3)) && !schedule.waits(task(1)));

        assert_eq!(schedule.ended(Work::MachinePolicy, Ended::Well, MINUTE, 0.5), [task(1)]);
        assert_eq!(schedule.tasks_of(Work::MachinePolicy), Some([task(2), task(3)].as_slice()));
        assert_eq!(schedule.ended(Work::MachinePolicy, Ended::Well, MINUTE, 0.5), [task(2), task(3)]);
        assert_eq!(schedule.tasks_of(Work::MachinePolicy), None);
    }

    #[test]
    fn a_stuck_run_holds_up_no_other_kind() {
        let mut schedule = schedule();
        schedule.ask(Work::MachinePolicy, task(1));
        assert_eq!(schedule.ask(Work::Discovery, task(2)), Asked::Begins);
        assert_eq!(
            schedule.due(MINUTE),
            [Work::UserPolicy, Work::Applications, Work::Credentials, Work::Reports]
        );
    }

    #[test]
    fn a_task_that_was_answered_otherwise_is_forgotten() {
        let mut schedule = schedule();
        schedule.ask(Work::MachinePolicy, task(1));
        schedule.ask(Work::MachinePolicy, task(2));
        schedule.forget(task(1));
        schedule.forget(task(2));
        assert_eq!(schedule.ended(Work::MachinePolicy, Ended::Well, MINUTE, 0.5), []);
        assert_eq!(schedule.tasks_of(Work::MachinePolicy), None, "nobody is left to run for");
    }

    #[test]
    fn what_only_tasks_ask_for_never_runs_by_itself() {
        let mut schedule = schedule();
        assert_eq!(schedule.ask(Work::Logs, task(1)), Asked::Begins);
        assert_eq!(schedule.ended(Work::Logs, Ended::Badly, MINUTE, 0.5), [task(1)]);
        assert!(!schedule.due(Duration::from_hours(100_000)).contains(&Work::Logs));
        assert_eq!(schedule.due_at(Work::Logs), None);
    }

    #[test]
    fn a_hurried_cycle_is_due_at_once() {
        let mut schedule = schedule();
        schedule.hurry(Work::Credentials, Duration::ZERO);
        assert_eq!(schedule.due(Duration::ZERO), [Work::Credentials]);
    }

    proptest! {
        #[test]
        fn every_task_is_served_exactly_once(asks in prop::collection::vec((0u128..40, prop::bool::ANY), 1..60)) {
            let mut schedule = schedule();
            let (mut asked, mut served) = (Vec::new(), Vec::new());
            for (id, end) in asks {
                if !asked.contains(&task(id)) {
                    asked.push(task(id));
                    schedule.ask(Work::MachinePolicy, task(id));
                }
                if end && schedule.tasks_of(Work::MachinePolicy).is_some() {
                    served.extend(schedule.ended(Work::MachinePolicy, Ended::Well, MINUTE, 0.5));
                }
            }
            while schedule.tasks_of(Work::MachinePolicy).is_some() {
                served.extend(schedule.ended(Work::MachinePolicy, Ended::Well, MINUTE, 0.5));
            }
            prop_assert_eq!(served, asked);
        }
    }

    /// A schedule whose first cycles are due after a minute.
    fn schedule() -> Schedule {
        Schedule::new(Cycles::default(), Duration::ZERO, || 0.5)
    }

    fn task(id: u128) -> TaskGuid {
        TaskGuid(uuid::Uuid::from_u128(id))
    }
}
