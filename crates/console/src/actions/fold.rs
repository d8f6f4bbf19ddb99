//! What events make of a target, and what targets make of an action. Plain functions: the store applies them to sets.

use std::collections::BTreeMap;

use action::{Conclusion, Event, Reason, State};

/// Where an action stands for one target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Progress {
    pub(crate) state: State,
    pub(crate) why: Option<Reason>,
    pub(crate) detail: String,
    /// Whether an answer came after the end.
    pub(crate) late: bool,
}

/// What an event did to a target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Heard {
    /// It moved the target, or says anew why it waits.
    Moved,
    /// It was repeated or overtaken, and changes nothing.
    Nothing,
    /// It is another end than the one that stands; it is kept in the history and marked.
    Late,
    /// It cannot have happened: a hop was skipped.
    Impossible,
}

impl Progress {
    /// Makes a target that stands at `state`.
    pub(crate) fn at(state: State) -> Self {
        Self { state, why: None, detail: String::new(), late: false }
    }

    /// Takes in what a hop reports.
    pub(crate) fn hear(&mut self, event: &Event) -> Heard {
        let reported = event.state();
        if self.state.is_concluded() {
            if !reported.is_concluded() || reported == self.state {
                return Heard::Nothing;
            }
            self.late = true;
            return Heard::Late;
        }
        match self.state.after(reported) {
            Err(_) => Heard::Impossible,
            Ok(next) if next != reported => Heard::Nothing,
            Ok(next) => {
                self.state = next;
                self.why = event.reason().cloned();
                self.detail = detail(event).unwrap_or_default();
                Heard::Moved
            }
        }
    }
}

/// Returns what an agent said of its work.
pub(crate) fn detail(event: &Event) -> Option<String> {
    match event {
        Event::Concluded(Conclusion::Done { detail }) if !detail.is_empty() => Some(detail.clone()),
        _ => None,
    }
}

/// Returns the rule that allowed an action, where the event names it.
pub(crate) fn rule(event: &Event) -> Option<&str> {
    match event {
        Event::Authorized { rule } if !rule.is_empty() => Some(rule),
        _ => None,
    }
}

/// How many targets are in each state.
pub(crate) type Tally = BTreeMap<State, u64>;

/// The ends other than `done`, in the order in which they name an action's end.
const ENDS: [State; 5] =
    [State::Failed, State::NotSupported, State::Refused, State::Expired, State::Cancelled];

/// Returns where the action stands: the least advanced open target; once all have ended, `done` if all are, else the
/// first end of [`ENDS`] that any has. Without known targets it stands where `base` does.
pub(crate) fn fold(base: State, tally: &Tally) -> State {
    let there = |state: &State| tally.get(state).is_some_and(|&targets| targets > 0);
    if !State::ALL.iter().any(there) {
        return base;
    }
    let open = State::ALL.into_iter().filter(|state| !state.is_concluded()).find(there);
    open.or_else(|| ENDS.into_iter().find(there)).unwrap_or(State::Done)
}

/// Returns how many targets there are, and how many of them have ended.
pub(crate) fn totals(tally: &Tally) -> (u64, u64) {
    let ended = tally.iter().filter(|(state, _)| state.is_concluded()).map(|(_, targets)| targets).sum();
    (tally.values().sum(), ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_stays_as_long_as_its_state() {
        let mut target = Progress::at(State::DeliveredToSite);
        let offline = Reason::DeviceOffline { until: None };
        assert_eq!(target.hear(&Event::Queued { reason: Some(offline.clone()) }), Heard::Moved);
        assert_eq!(target.why, Some(offline));
        assert_eq!(
            target.hear(&Event::Queued { reason: Some(Reason::Throttled { ahead: 3 }) }),
            Heard::Moved
        );
        assert_eq!(target.why, Some(Reason::Throttled { ahead: 3 }));
        assert_eq!(target.hear(&Event::Sent), Heard::Moved);
        assert_eq!(target.why, None);
        assert_eq!(target.hear(&Event::Authorized { rule: "r".into() }), Heard::Nothing);
        assert_eq!(target.state, State::Sent);
    }

    #[test]
    fn what_waits_before_the_site_decides_says_for_what() {
        let mut target = Progress::at(State::Pending);
        assert_eq!(target.hear(&Event::DeliveredToSite { reason: None }), Heard::Moved);
        let waits = Event::DeliveredToSite { reason: Some(Reason::ApprovalMissing) };
        assert_eq!(target.hear(&waits), Heard::Moved);
        assert_eq!((target.state, &target.why), (State::DeliveredToSite, &Some(Reason::ApprovalMissing)));
        assert_eq!(target.hear(&Event::Authorized { rule: "r".into() }), Heard::Moved);
        assert_eq!(target.why, None);
        assert_eq!(target.hear(&waits), Heard::Nothing, "told late");
    }

    #[test]
    fn an_answer_after_the_end_is_marked_and_changes_nothing() {
        let mut target = Progress::at(State::Queued);
        let expired = Event::Concluded(Conclusion::Expired { reason: Reason::NotDeliveredInTime });
        assert_eq!(target.hear(&expired), Heard::Moved);
        assert_eq!(target.hear(&expired), Heard::Nothing);
        assert_eq!(target.hear(&Event::Running), Heard::Nothing);
        let done = Event::Concluded(Conclusion::Done { detail: "2 changed".into() });
        assert_eq!(target.hear(&done), Heard::Late);
        assert_eq!((target.state, target.late, &*target.detail), (State::Expired, true, ""));
    }

    #[test]
    fn an_answer_before_the_site_has_the_action_is_impossible() {
        let mut target = Progress::at(State::Pending);
        assert_eq!(target.hear(&Event::Sent), Heard::Impossible);
        assert_eq!(target, Progress::at(State::Pending));
    }

    #[test]
    fn an_action_stands_where_its_targets_do() {
        check("", State::Pending, "pending 0/0");
        check("", State::Refused, "refused 0/0");
        check("done:5", State::Authorized, "done 5/5");
        check("done:5 queued:1 running:2", State::Authorized, "queued 5/8");
        check("done:5 expired:1 cancelled:2", State::Authorized, "expired 8/8");
        check("done:5 failed:1 refused:9", State::Authorized, "failed 15/15");
        check("done:0 queued:0", State::Authorized, "authorized 0/0");
    }

    #[track_caller]
    fn check(counts: &str, base: State, expected: &str) {
        let tally: Tally = counts
            .split_whitespace()
            .filter_map(|count| count.split_once(':'))
            .map(|(state, count)| (State::named(state).expect("a state"), count.parse().expect("a number")))
            .collect();
        let (total, ended) = totals(&tally);
        assert_eq!(format!("{} {ended}/{total}", fold(base, &tally).name()), expected, "{counts}");
    }
}
