//! The path of one action for one device, as the hops reported it: how long each took, and where it stopped.

mod picture;
mod shown;

use action::{Hop, State, Timestamp};
use serde::Serialize;

/// Why something stopped or waits.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Because {
    /// The hop that says so.
    #[serde(serialize_with = "hop_name")]
    pub hop: Hop,
    /// The reason, in words.
    pub text: String,
    /// What to do.
    pub fix: String,
}

/// What a hop reported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    /// The hop.
    pub hop: Hop,
    /// The state that it led to.
    pub state: State,
    /// When, by that hop's clock.
    pub at: Timestamp,
    /// Why, the rule that allowed it, or what the agent said.
    pub detail: Option<String>,
    /// It came after the action had ended.
    pub late: bool,
}

/// Whether a hop answers.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Answers {
    /// The hop.
    #[serde(serialize_with = "hop_name")]
    pub hop: Hop,
    /// What it is called here.
    pub name: String,
    /// Whether it answers.
    pub yes: bool,
    /// Since when it does, or does not.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub since: Option<Timestamp>,
}

/// What is known of an action on one device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Known {
    /// The action's id.
    pub task_guid: String,
    /// What was asked.
    pub title: String,
    /// Who asked.
    pub user: String,
    /// When.
    pub asked_at: Timestamp,
    /// The device; empty where it concerns several and none is singled out.
    pub device: String,
    /// Where it stands for that device.
    pub state: State,
    /// Why it stopped, or what it waits for.
    pub why: Option<Because>,
    /// What the hops reported, in any order.
    pub told: Vec<Told>,
    /// Who answers now.
    pub answers: Vec<Answers>,
    /// When this was asked for.
    pub now: Timestamp,
}

/// A step on the path.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Step {
    /// The hop.
    #[serde(serialize_with = "hop_name")]
    pub hop: Hop,
    /// What happened there.
    pub state: String,
    /// When, by that hop's clock.
    pub at: String,
    /// Milliseconds since the step before; negative where the clocks of two hops differ.
    pub took_ms: i64,
    /// What the hop said with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// It came after the action had ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

/// Where an action is, or stopped.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Stopped {
    /// `done`, `ended` or `waiting`.
    pub how: &'static str,
    /// The hop that concluded it, or that has to act now.
    #[serde(serialize_with = "hop_name")]
    pub hop: Hop,
    /// In words.
    pub text: String,
    /// What to do; empty where nothing is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fix: String,
}

/// The path of an action.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Path {
    /// The action's id.
    pub task_guid: String,
    /// What was asked.
    pub title: String,
    /// Who asked.
    pub user: String,
    /// The device.
    pub device: String,
    /// Where it stands.
    pub state: &'static str,
    /// The steps, in the order in which they happened.
    pub steps: Vec<Step>,
    /// Where it is, or stopped.
    pub stopped: Stopped,
    /// Who answers now.
    pub answers: Vec<Answers>,
}

/// Finds the path of what is known.
pub fn path(known: &Known) -> Path {
    let mut told = known.told.clone();
    // Clocks of hops differ: the order of the path counts before the time.
    told.sort_by_key(|told| (told.late, rank(told.state), told.at));
    let mut steps = vec![Step {
        hop: Hop::AdminCenter,
        state: "asked for".into(),
        at: known.asked_at.to_string(),
        took_ms: 0,
        detail: Some(format!("by {}", known.user)),
        late: false,
    }];
    let mut before = known.asked_at;
    for Told { hop, state, at, detail, late } in told {
        let (state, took_ms) = (state.name().replace('_', " "), at.0 - before.0);
        before = at;
        steps.push(Step { hop, state, at: at.to_string(), took_ms, detail, late });
    }
    Path {
        task_guid: known.task_guid.clone(),
        title: known.title.clone(),
        user: known.user.clone(),
        device: known.device.clone(),
        state: known.state.name(),
        steps,
        stopped: stopped(known),
        answers: known.answers.clone(),
    }
}

fn rank(state: State) -> u8 {
    match state {
        State::Pending => 0,
        State::DeliveredToSite => 1,
        State::Authorized => 2,
        State::Queued => 3,
        State::Sent => 4,
        State::Received => 5,
        State::Running => 6,
        State::Done
        | State::Failed
        | State::NotSupported
        | State::Refused
        | State::Expired
        | State::Cancelled => 7,
    }
}

fn stopped(known: &Known) -> Stopped {
    let last = known.told.iter().filter(|told| !told.late).max_by_key(|told| rank(told.state));
    let why = known.why.as_ref();
    if known.state == State::Done {
        let hop = last.map_or(Hop::Agent, |told| told.hop);
        return Stopped { how: "done", hop, text: "the device did it".into(), fix: String::new() };
    }
    let fix = why.map(|why| why.fix.clone()).unwrap_or_default();
    if known.state.is_concluded() {
        let hop = why.map(|why| why.hop).or(last.map(|told| told.hop)).unwrap_or(Hop::AdminCenter);
        let text = why.map_or_else(|| known.state.name().replace('_', " "), |why| why.text.clone());
        return Stopped { how: "ended", hop, text, fix };
    }
    // The first hop on the way that does not answer holds it up, whatever else is said.
    let next = next(known.state);
    let silent = known.answers.iter().find(|answers| !answers.yes && answers.hop <= next);
    let (hop, text, own) = match (silent, why) {
        (Some(silent), _) => {
            let since = silent.since.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
            let text = format!("{} does not answer since {since}", silent.name);
            (silent.hop, text, silent_fix(silent.hop))
        }
        (None, Some(why)) => (why.hop, why.text.clone(), ""),
        (None, None) => {
            (next, format!("the {} has it next", next.name().replace('_', " ")), waits_fix(known.state))
        }
    };
    let fix = if own.is_empty() { fix } else { own.to_owned() };
    let for_ms = known.now.0 - last.map_or(known.asked_at, |told| told.at).0;
    Stopped { how: "waiting", hop, text: format!("{text}; waiting for {}", shown::span(for_ms)), fix }
}

/// The hop that has to act next.
fn next(state: State) -> Hop {
    match state {
        State::Pending => Hop::ServiceConnector,
        State::DeliveredToSite => Hop::Authority,
        State::Authorized | State::Queued => Hop::NotificationServer,
        State::Sent | State::Received | State::Running => Hop::Agent,
        State::Done
        | State::Failed
        | State::NotSupported
        | State::Refused
        | State::Expired
        | State::Cancelled => Hop::Agent,
    }
}

fn silent_fix(hop: Hop) -> &'static str {
    match hop {
        Hop::AdminCenter => {
            "Start the console, or look at the way to it: `tenon doctor console` at its host. The site's own logs still tell: `tenon diagnose FOLDER` at the site's host."
        }
        Hop::ServiceConnector | Hop::Authority | Hop::NotificationServer => {
            "Run `tenon doctor site` at the site's host: the site, its authority, its way to the console."
        }
        Hop::Agent => {
            "The device is offline: start it, or run `tenon doctor agent` on it. The action waits for it until its deadline."
        }
    }
}

fn waits_fix(state: State) -> &'static str {
    match state {
        State::Pending => {
            "Run `tenon doctor site` at the site's host: its connector is connected and has not taken the action."
        }
        State::DeliveredToSite => {
            "Run `tenon doctor site` at the site's host: its authority has not decided."
        }
        State::Authorized | State::Queued => {
            "Look at BgbServer.log at the site: the notification server has not sent it. `tenon doctor site` there says what is wrong with it."
        }
        State::Sent => {
            "It was written to the device's connection and is not in the agent's journal: the agent hangs, or the connection is dead and not yet noticed. Look at CcmNotificationAgent.log on the device."
        }
        State::Received | State::Running => {
            "The agent works on it. If it takes too long, look at Scheduler.log and PolicyAgent.log on the device."
        }
        State::Done
        | State::Failed
        | State::NotSupported
        | State::Refused
        | State::Expired
        | State::Cancelled => "",
    }
}

fn hop_name<S: serde::Serializer>(hop: &Hop, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(hop.name())
}

fn moment<S: serde::Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.map(|at| at.to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests;
