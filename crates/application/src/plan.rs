//! Decides what is installed and removed, in which order, and how each application stands afterwards.
//!
//! The shell observes each application, [`plan`] says what to do, the shell does it and observes again, and [`settle`]
//! says how each stands. Same input, same plan; a second run over what the first has brought about plans nothing.

use std::collections::{BTreeMap, BTreeSet};

use action::Timestamp;
use proof::{Intent, ManifestDeployment};

use crate::{AppState, Application, order};

/// An application, as it is considered.
#[derive(Clone, Debug)]
pub struct Considered {
    /// Its document.
    pub document: Application,
    /// Its deployment; none for what is only depended on or superseded.
    pub deployment: Option<ManifestDeployment>,
    /// What was seen on the device.
    pub observed: Observed,
    /// Whether somebody has asked for it.
    pub requested: bool,
    /// Whether it was installed and waits for a restart.
    pub restart_pending: bool,
}

/// What was seen of an application on the device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Observed {
    /// It is there, by this deployment type.
    Installed(usize),
    /// It is not there; this deployment type is for the device.
    Absent(usize),
    /// No deployment type is for the device, and why.
    NotForIt(String),
    /// It could not be seen, and why. Nothing is done about it.
    Unknown(String),
}

/// What to do with an application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Planned {
    /// Install it by this deployment type.
    Install(usize),
    /// Remove it by this deployment type.
    Remove(usize),
}

/// What to do, in this order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// Each with the application's name.
    pub steps: Vec<(String, Planned)>,
}

/// What became of a step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Done {
    /// Its program said that it worked.
    Worked,
    /// It was not done or did not work now, and is tried again: why.
    Later(String),
    /// It failed: why.
    Failed(String),
}

/// How an application stands, and why where that needs words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    /// How it stands.
    pub state: AppState,
    /// Why.
    pub detail: String,
}

/// What is wanted of an application now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wanted {
    Present,
    Absent,
    Nothing,
}

/// Plans a run. `may_change` says whether a maintenance window is open; what somebody has asked for does not wait.
pub fn plan(considered: &BTreeMap<String, Considered>, now: Timestamp, may_change: bool) -> Plan {
    let superseded = superseded(considered, now);
    let mut steps = Vec::new();
    let mut planned = BTreeSet::new();

    for (name, one) in considered {
        if wanted(name, one, &superseded, now) == Wanted::Absent
            && (may_change || one.requested)
            && let Observed::Installed(by) = one.observed
        {
            steps.push((name.clone(), Planned::Remove(by)));
        }
    }
    for (name, one) in considered {
        if wanted(name, one, &superseded, now) == Wanted::Present && (may_change || one.requested) {
            install(name, considered, &mut planned, &mut steps);
        }
    }
    Plan { steps }
}

/// Adds what is missing of an application and of what it depends on, in order. One that depends on something that
/// cannot be installed is left out whole: half of it is of no use.
fn install(
    name: &str,
    considered: &BTreeMap<String, Considered>,
    planned: &mut BTreeSet<String>,
    steps: &mut Vec<(String, Planned)>,
) {
    if obstacle(name, considered).is_some() {
        return;
    }
    for name in closure(name, considered).unwrap_or_default() {
        let Some(one) = considered.get(&name) else { continue };
        let Observed::Absent(by) = one.observed else { continue };
        // It is there once the machine has restarted.
        if one.restart_pending {
            continue;
        }
        if !planned.insert(name.clone()) {
            continue;
        }
        for old in one.document.supersedes.iter().filter(|old| old.uninstall) {
            let there = considered.get(&old.application).map(|old| &old.observed);
            if let Some(Observed::Installed(by)) = there
                && planned.insert(format!("- {}", old.application))
            {
                steps.push((old.application.clone(), Planned::Remove(*by)));
            }
        }
        steps.push((name, Planned::Install(by)));
    }
}

/// Returns an application with all that it depends on, those first.
fn closure(name: &str, considered: &BTreeMap<String, Considered>) -> Result<Vec<String>, order::Loop> {
    let mut depends: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open = vec![name];
    while let Some(name) = open.pop() {
        let Some((name, one)) = considered.get_key_value(name) else { continue };
        if depends.contains_key(name.as_str()) {
            continue;
        }
        let before: Vec<&str> = one.document.depends_on.iter().map(String::as_str).collect();
        open.extend(&before);
        depends.insert(name, before);
    }
    order::order(&depends)
}

/// Returns why an application cannot be installed here, where it cannot.
fn obstacle(name: &str, considered: &BTreeMap<String, Considered>) -> Option<String> {
    let all = match closure(name, considered) {
        Ok(all) => all,
        Err(circle) => return Some(circle.to_string()),
    };
    for one in &all {
        let found = considered.get(one)?;
        let missing = found.document.depends_on.iter().find(|before| !considered.contains_key(*before));
        if let Some(missing) = missing {
            return Some(format!("`{one}` depends on `{missing}`, which this device was not given"));
        }
        if one == name {
            continue;
        }
        match &found.observed {
            Observed::NotForIt(why) => {
                return Some(format!("it depends on `{one}`, which is not for this device: {why}"));
            }
            Observed::Unknown(why) => {
                return Some(format!(
                    "it depends on `{one}`, of which is not known whether it is there: {why}"
                ));
            }
            Observed::Installed(_) | Observed::Absent(_) => {}
        }
    }
    None
}

/// Returns the applications whose place another takes on this device, with that other.
fn superseded(considered: &BTreeMap<String, Considered>, now: Timestamp) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for (name, one) in considered {
        let Some(deployment) = &one.deployment else { continue };
        let is_for_it = !matches!(one.observed, Observed::NotForIt(_));
        let takes_over = match deployment.intent {
            Intent::Required => is_for_it && due(deployment, now),
            Intent::Available => one.requested || matches!(one.observed, Observed::Installed(_)),
            Intent::Removed => false,
        };
        if takes_over {
            map.extend(one.document.supersedes.iter().map(|old| (old.application.clone(), name.clone())));
        }
    }
    map
}

fn due(deployment: &ManifestDeployment, now: Timestamp) -> bool {
    deployment.deadline.is_none_or(|deadline| deadline <= now)
}

fn wanted(name: &str, one: &Considered, superseded: &BTreeMap<String, String>, now: Timestamp) -> Wanted {
    if superseded.contains_key(name) {
        return Wanted::Nothing;
    }
    match &one.deployment {
        Some(deployment) => match deployment.intent {
            Intent::Required if due(deployment, now) || one.requested => Wanted::Present,
            Intent::Available if one.requested => Wanted::Present,
            Intent::Removed if due(deployment, now) => Wanted::Absent,
            Intent::Required | Intent::Available | Intent::Removed => Wanted::Nothing,
        },
        None => Wanted::Nothing,
    }
}

/// Says how each deployed application stands, with what its steps came to in this run.
pub fn settle(
    considered: &BTreeMap<String, Considered>,
    done: &BTreeMap<String, Done>,
    now: Timestamp,
    may_change: bool,
) -> BTreeMap<String, Told> {
    let superseded = superseded(considered, now);
    let mut told = BTreeMap::new();
    for (name, one) in considered {
        if let Some(deployment) = &one.deployment {
            let outcome = done.get(name);
            let state = stand(name, one, deployment, outcome, considered, &superseded, now, may_change);
            told.insert(name.clone(), state);
        }
    }
    told
}

#[expect(clippy::too_many_arguments, reason = "all that decides a state, used in one place")]
fn stand(
    name: &str,
    one: &Considered,
    deployment: &ManifestDeployment,
    done: Option<&Done>,
    considered: &BTreeMap<String, Considered>,
    superseded: &BTreeMap<String, String>,
    now: Timestamp,
    may_change: bool,
) -> Told {
    let told = |state, detail: String| Told { state, detail };
    let wanted = wanted(name, one, superseded, now);
    if wanted != Wanted::Nothing || matches!(one.observed, Observed::Unknown(_)) {
        match done {
            Some(Done::Failed(why)) => return told(AppState::Failed, why.clone()),
            Some(Done::Later(why)) if wanted == Wanted::Present => {
                return told(AppState::InstallRequested, format!("{why}; it is tried again"));
            }
            Some(Done::Later(why)) => return told(AppState::Failed, format!("{why}; it is tried again")),
            Some(Done::Worked) | None => {}
        }
    }
    match &one.observed {
        Observed::Unknown(why) => {
            told(AppState::Failed, format!("it is not known whether it is there: {why}"))
        }
        Observed::NotForIt(why) if deployment.intent == Intent::Removed => {
            told(AppState::NotInstalled, why.clone())
        }
        Observed::NotForIt(why) => told(AppState::RequirementsNotMet, why.clone()),
        Observed::Installed(_) if one.restart_pending => {
            told(AppState::RestartPending, "it is installed, and the machine must restart".to_owned())
        }
        Observed::Installed(_) if wanted == Wanted::Absent => match done {
            Some(Done::Worked) => {
                told(AppState::Failed, "its removal said that it worked, and it is still there".to_owned())
            }
            _ if !may_change => {
                told(AppState::Installed, "its removal waits for a maintenance window".to_owned())
            }
            _ => told(AppState::Installed, "it has not been removed yet".to_owned()),
        },
        Observed::Installed(_) => told(AppState::Installed, String::new()),
        Observed::Absent(_) => match (wanted, deployment.intent) {
            (Wanted::Present, _) => {
                if one.restart_pending {
                    return told(
                        AppState::RestartPending,
                        "it is there once the machine has restarted".to_owned(),
                    );
                }
                if let Some(why) = obstacle(name, considered) {
                    return told(AppState::Failed, why);
                }
                match done {
                    Some(Done::Worked) => told(
                        AppState::Failed,
                        "its installation said that it worked, and its detection does not find it".to_owned(),
                    ),
                    _ if !may_change && !one.requested => {
                        told(AppState::NotInstalled, "it waits for a maintenance window".to_owned())
                    }
                    _ => told(AppState::InstallRequested, String::new()),
                }
            }
            (_, Intent::Available) => told(AppState::Available, by(name, superseded)),
            (_, Intent::Removed) => told(AppState::NotInstalled, String::new()),
            (_, Intent::Required) => {
                let detail = match superseded.get(name) {
                    Some(_) => by(name, superseded),
                    None => "its deadline has not come".to_owned(),
                };
                told(AppState::NotInstalled, detail)
            }
        },
    }
}

fn by(name: &str, superseded: &BTreeMap<String, String>) -> String {
    superseded.get(name).map_or_else(String::new, |other| format!("`{other}` takes its place"))
}

#[cfg(test)]
mod tests;
