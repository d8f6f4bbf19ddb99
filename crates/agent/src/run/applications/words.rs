//! How applications stand, in the words of an answer and of the wire.

use std::collections::BTreeMap;

use action::Timestamp;
use application::{AppState, Considered, Done, Planned, Told, settle};
use device_channel::ReturnCode;
use management_link::ApplicationState;

use crate::{desk::Outcome, schedule::Ended};

/// Applications that an answer names one by one; the report to the site has all of them.
const NAMED_IN_ANSWER: usize = 5;

/// How the applications stand before the steps: those that a step concerns are being installed.
pub(super) fn told_before(
    considered: &BTreeMap<String, Considered>,
    steps: &[(String, Planned)],
    now: Timestamp,
    may_change: bool,
) -> BTreeMap<String, Told> {
    let mut told = settle(considered, &BTreeMap::new(), now, may_change);
    for (name, planned) in steps {
        if let (Some(told), Planned::Install(_)) = (told.get_mut(name), planned) {
            *told = Told { state: AppState::Installing, detail: String::new() };
        }
    }
    told
}

pub(super) fn wire(state: AppState) -> ApplicationState {
    match state {
        AppState::Available => ApplicationState::Available,
        AppState::Installed => ApplicationState::Installed,
        AppState::Installing => ApplicationState::Installing,
        AppState::InstallRequested => ApplicationState::InstallRequested,
        AppState::Failed => ApplicationState::Failed,
        AppState::RequirementsNotMet => ApplicationState::RequirementsNotMet,
        AppState::NotInstalled => ApplicationState::NotInstalled,
        AppState::RestartPending => ApplicationState::RestartPending,
    }
}

pub(super) fn failed(detail: String) -> Outcome {
    Outcome { code: ReturnCode::FAILED, detail, ended: Ended::Well }
}

/// Answers whoever asked for one application.
pub(super) fn answer_for(name: &str, told: &BTreeMap<String, Told>) -> Outcome {
    let Some(told) = told.get(name) else { return failed(format!("`{name}` is not known on this device")) };
    let detail = line(name, told);
    match told.state {
        AppState::Installed | AppState::RestartPending => {
            Outcome { code: ReturnCode::SUCCESS, detail, ended: Ended::Well }
        }
        AppState::Available
        | AppState::Installing
        | AppState::InstallRequested
        | AppState::Failed
        | AppState::RequirementsNotMet
        | AppState::NotInstalled => failed(detail),
    }
}

fn line(name: &str, told: &Told) -> String {
    match told.detail.as_str() {
        "" => format!("{name}: {}", told.state),
        why => format!("{name}: {}: {why}", told.state),
    }
}

/// Says in an answer what became of the run.
pub(super) fn outcome(
    told: &BTreeMap<String, Told>,
    done: &BTreeMap<String, Done>,
    not_downloaded: Option<String>,
    not_reported: Option<String>,
) -> Outcome {
    let worked = done.values().filter(|done| **done == Done::Worked).count();
    let mut detail = match (told.len(), worked) {
        (0, _) => "no application is deployed to this device".to_owned(),
        (_, 0) => "nothing was changed".to_owned(),
        (_, 1) => "1 application was changed".to_owned(),
        (_, count) => format!("{count} applications were changed"),
    };
    for state in AppState::ALL {
        let count = told.values().filter(|told| told.state == state).count();
        if count > 0 {
            detail.push_str(&format!("; {state} {count}"));
        }
    }
    let is_bad = |told: &Told| told.state == AppState::Failed;
    for (name, told) in told.iter().filter(|(_, told)| is_bad(told)).take(NAMED_IN_ANSWER) {
        detail.push_str(&format!("; {}", line(name, told)));
    }
    let again = done.values().any(|done| matches!(done, Done::Later(_)));
    let problem = not_downloaded.or(not_reported);
    if let Some(why) = &problem {
        detail.push_str(&format!("; {why}"));
    }
    let good = problem.is_none() && !told.values().any(is_bad);
    Outcome {
        code: if good { ReturnCode::SUCCESS } else { ReturnCode::FAILED },
        detail,
        ended: if problem.is_some() || again { Ended::Badly } else { Ended::Well },
    }
}
