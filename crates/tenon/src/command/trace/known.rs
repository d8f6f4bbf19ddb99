//! What the console knows of an action, and who of its hops answers now.

use ::trace::path::{Answers, Because, Known, Told};
use action::{DeviceId, Hop, State};
use console_api::{Action, Client, HistoryEntry, LARGEST_PAGE, TargetQuery, TargetState, Why};

use crate::session::refused;

/// Returns what is known for each target, those that are not done first; for the action as a whole where the console
/// knows no target yet.
pub(in crate::command) async fn of(
    client: &Client,
    action: &Action,
    only: Option<DeviceId>,
) -> anyhow::Result<Vec<Known>> {
    let site = client.site(action.site).await.map_err(refused)?;
    let mut answers = vec![
        Answers { hop: Hop::AdminCenter, name: "the admin center".into(), yes: true, since: None },
        Answers {
            hop: Hop::ServiceConnector,
            name: format!("the site {}", site.name),
            yes: site.link.up,
            since: site.link.since,
        },
    ];
    let mut targets: Vec<&TargetState> =
        action.targets.iter().filter(|target| only.is_none_or(|only| only == target.device)).collect();
    targets.sort_by_key(|target| (target.state == State::Done, target.name.clone()));
    let mut known = Vec::new();
    for target in targets.into_iter().take(super::MOST_PATHS) {
        let query =
            TargetQuery { device: Some(target.device), limit: Some(LARGEST_PAGE), ..TargetQuery::default() };
        let history = client.history(action.task_guid, &query).await.map_err(refused)?;
        let mut answers = answers.clone();
        // What a site that is away last said of its device tells nothing about now.
        if site.link.up
            && let Ok(device) = client.device(target.device).await
        {
            let (yes, since) = (device.online, Some(device.online_changed));
            answers.push(Answers {
                hop: Hop::Agent,
                name: format!("the device {}", device.name),
                yes,
                since,
            });
        }
        let whole = action.history.iter().filter(|entry| entry.device.is_none());
        let mut told: Vec<(u64, Told)> =
            whole.chain(&history.items).map(|entry| (entry.number, told(entry))).collect();
        told.sort_by_key(|(number, _)| *number);
        told.dedup_by_key(|(number, _)| *number);
        known.push(Known {
            device: target.name.clone(),
            state: target.state,
            why: target.why.as_ref().map(because),
            told: told.into_iter().map(|(_, told)| told).collect(),
            answers,
            ..whole_of(action, Vec::new())
        });
    }
    if known.is_empty() {
        known.push(whole_of(action, std::mem::take(&mut answers)));
    }
    Ok(known)
}

fn whole_of(action: &Action, answers: Vec<Answers>) -> Known {
    Known {
        task_guid: action.task_guid.to_string(),
        title: action.title.clone(),
        user: action.asked_by.name.clone(),
        asked_at: action.asked_at,
        device: String::new(),
        state: action.state,
        why: action.why.as_ref().map(because),
        told: action.history.iter().map(told).collect(),
        answers,
        now: service::clock::now(),
    }
}

fn told(entry: &HistoryEntry) -> Told {
    let why = entry.why.as_ref().map(|why| why.text.clone());
    let detail = why.or_else(|| entry.rule.clone()).or_else(|| entry.detail.clone());
    let detail = detail.filter(|detail| !detail.is_empty());
    Told { hop: entry.hop, state: entry.event, at: entry.at, detail, late: entry.late }
}

fn because(why: &Why) -> Because {
    Because { hop: why.hop, text: why.text.clone(), fix: why.fix.clone() }
}
