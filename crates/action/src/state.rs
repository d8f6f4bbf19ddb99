//! Where an action stands for one target, and the one function that moves it.

use serde::{Deserialize, Serialize};

use crate::Reason;

/// Where an action stands for one target (TaskGUID, device). Only ever moves forward.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Stored by the console, not yet taken by the site.
    Pending,
    /// Stored by the site's connector.
    DeliveredToSite,
    /// Allowed by the site's rules.
    Authorized,
    /// Stored for the notification server; an event's reason says what it waits for.
    Queued,
    /// Written to the device's connection. Not yet known to have arrived.
    Sent,
    /// In the agent's journal.
    Received,
    /// The agent works on it.
    Running,
    /// The agent did it.
    Done,
    /// The agent tried and failed.
    Failed,
    /// The agent does not know this type of action.
    NotSupported,
    /// A hop refused it.
    Refused,
    /// A deadline passed.
    Expired,
    /// A person withdrew it.
    Cancelled,
}

/// What a hop reports of a target.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The site's connector has stored it.
    DeliveredToSite {
        /// What it waits for before the site decides, where it waits for something.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// The site's rules allow it; `rule` names the role, collection and policy that did.
    Authorized {
        /// The rule, as the authority names it.
        rule: String,
    },
    /// It waits at the notification server.
    Queued {
        /// What it waits for, where it waits for something.
        reason: Option<Reason>,
    },
    /// It was written to the device's connection.
    Sent,
    /// The agent has it in its journal.
    Received,
    /// The agent works on it.
    Running,
    /// It has ended.
    Concluded(Conclusion),
    /// What was decided of it stands in the site authority's audit. It moves nothing.
    Audited(Audited),
}

/// A place in an audit: what was acknowledged with it can no longer be changed or dropped unnoticed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Audited {
    /// The entry's number.
    pub number: u64,
    /// The hash of it and of all before it, hexadecimal.
    pub hash: String,
}

/// How an action ended for one target.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "conclusion", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the state of the same name with its reason")]
pub enum Conclusion {
    Done { detail: String },
    Failed { reason: Reason },
    NotSupported { reason: Reason },
    Refused { reason: Reason },
    Expired { reason: Reason },
    Cancelled { reason: Reason },
}

/// An event that skips a hop: a component reported what cannot have happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a target that is {from:?} cannot become {to:?}: a hop was skipped")]
pub struct SkippedHop {
    /// Where the target stood.
    pub from: State,
    /// Where the event would have put it.
    pub to: State,
}

impl Conclusion {
    /// Returns the state that this conclusion leads to.
    pub fn state(&self) -> State {
        match self {
            Conclusion::Done { .. } => State::Done,
            Conclusion::Failed { .. } => State::Failed,
            Conclusion::NotSupported { .. } => State::NotSupported,
            Conclusion::Refused { .. } => State::Refused,
            Conclusion::Expired { .. } => State::Expired,
            Conclusion::Cancelled { .. } => State::Cancelled,
        }
    }

    /// Returns why it ended so; `None` where it ended well.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Conclusion::Done { .. } => None,
            Conclusion::Failed { reason }
            | Conclusion::NotSupported { reason }
            | Conclusion::Refused { reason }
            | Conclusion::Expired { reason }
            | Conclusion::Cancelled { reason } => Some(reason),
        }
    }
}

impl Event {
    /// Returns the state that this event reports.
    pub fn state(&self) -> State {
        match self {
            Event::DeliveredToSite { .. } | Event::Audited(_) => State::DeliveredToSite,
            Event::Authorized { .. } => State::Authorized,
            Event::Queued { .. } => State::Queued,
            Event::Sent => State::Sent,
            Event::Received => State::Received,
            Event::Running => State::Running,
            Event::Concluded(conclusion) => conclusion.state(),
        }
    }

    /// Returns the reason that the event gives.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Event::DeliveredToSite { reason } | Event::Queued { reason } => reason.as_ref(),
            Event::Concluded(conclusion) => conclusion.reason(),
            Event::Audited(_) | Event::Authorized { .. } | Event::Sent | Event::Received | Event::Running => {
                None
            }
        }
    }
}

impl State {
    /// All states, in the order in which a target meets them.
    pub const ALL: [State; 13] = [
        State::Pending,
        State::DeliveredToSite,
        State::Authorized,
        State::Queued,
        State::Sent,
        State::Received,
        State::Running,
        State::Done,
        State::Failed,
        State::NotSupported,
        State::Refused,
        State::Expired,
        State::Cancelled,
    ];

    /// Returns the state after a hop reported `next`.
    ///
    /// Every hop delivers at least once, and events of different hops overtake each other: a late or repeated event
    /// changes nothing, and the first conclusion stands. A queued target may be sent again and again (each time the
    /// device comes back), so `Sent` may fall back to `Queued`. Only what cannot have happened is refused: an answer
    /// of a device before the site took the action.
    ///
    /// # Errors
    ///
    /// [`SkippedHop`] when a target that the site has not taken is reported at a later hop.
    pub fn after(self, next: State) -> Result<State, SkippedHop> {
        if self.is_concluded() {
            return Ok(self);
        }
        match (self, next) {
            (
                State::Pending,
                State::Sent
                | State::Received
                | State::Running
                | State::Done
                | State::Failed
                | State::NotSupported,
            ) => Err(SkippedHop { from: self, to: next }),
            (State::Sent, State::Queued) => Ok(State::Queued),
            (now, next) => Ok(now.max(next)),
        }
    }

    /// Returns whether nothing more can happen to the target.
    pub fn is_concluded(self) -> bool {
        self >= State::Done
    }

    /// Returns the name that stores, wires and the API use.
    pub fn name(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::DeliveredToSite => "delivered_to_site",
            State::Authorized => "authorized",
            State::Queued => "queued",
            State::Sent => "sent",
            State::Received => "received",
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
            State::NotSupported => "not_supported",
            State::Refused => "refused",
            State::Expired => "expired",
            State::Cancelled => "cancelled",
        }
    }

    /// Returns the state of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Returns Microsoft Graph's `actionState` for this state.
    pub fn graph_state(self) -> &'static str {
        match self {
            State::Pending | State::DeliveredToSite | State::Authorized | State::Queued | State::Sent => {
                "pending"
            }
            State::Received | State::Running => "active",
            State::Done => "done",
            State::Failed | State::Refused | State::Expired => "failed",
            State::NotSupported => "notSupported",
            State::Cancelled => "canceled",
        }
    }

    /// Returns Microsoft Graph's `actionDeliveryStatus` for this state.
    pub fn graph_delivery(self) -> &'static str {
        match self {
            State::Pending => "pendingDelivery",
            State::DeliveredToSite | State::Refused | State::Cancelled | State::Expired => {
                "deliveredToConnectorService"
            }
            State::Authorized
            | State::Queued
            | State::Sent
            | State::Received
            | State::Running
            | State::Done
            | State::Failed
            | State::NotSupported => "deliveredToOnPremisesServer",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_path() {
        check(
            "delivered_to_site:delivered_to_site authorized:authorized queued:queued sent:sent received:received \
             running:running done:done",
        );
    }

    #[test]
    fn a_late_or_repeated_event_changes_nothing() {
        check("authorized:authorized delivered_to_site:authorized authorized:authorized");
        check("delivered_to_site:delivered_to_site received:received sent:received queued:received");
    }

    #[test]
    fn the_first_conclusion_stands() {
        check("delivered_to_site:delivered_to_site expired:expired done:expired running:expired");
    }

    #[test]
    fn a_device_that_left_before_it_confirmed_is_queued_again() {
        check("delivered_to_site:delivered_to_site sent:sent queued:queued sent:sent");
    }

    #[test]
    fn a_device_cannot_answer_before_the_site_took_the_action() {
        check("sent:error received:error running:error done:error delivered_to_site:delivered_to_site");
    }

    #[test]
    fn the_console_may_conclude_what_the_site_has_not_taken() {
        check("cancelled:cancelled delivered_to_site:cancelled");
        check("expired:expired");
        check("refused:refused");
    }

    proptest! {
        #[test]
        fn a_concluded_target_never_moves(from in 7usize..13, to in 0usize..13) {
            prop_assert_eq!(State::ALL[from].after(State::ALL[to]), Ok(State::ALL[from]));
        }
    }

    /// Walks a new target through `steps`, each an event and the state it must lead to.
    #[track_caller]
    fn check(steps: &str) {
        let mut state = State::Pending;
        for (word, expected) in steps.split_whitespace().filter_map(|step| step.split_once(':')) {
            let reached = match state.after(State::named(word).expect("a state")) {
                Ok(next) => {
                    state = next;
                    next.name()
                }
                Err(SkippedHop { .. }) => "error",
            };
            assert_eq!(reached, expected, "after `{word}` in `{steps}`");
        }
    }
}
