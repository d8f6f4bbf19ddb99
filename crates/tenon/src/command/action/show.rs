//! How actions look in a terminal.

use console_api::{Action, HistoryEntry, TargetState, Why};

use crate::print;

/// Prints a line for each action.
pub(super) fn list(actions: &[Action]) -> anyhow::Result<()> {
    let rows: Vec<_> = actions
        .iter()
        .map(|a| {
            vec![
                a.task_guid.to_string(),
                a.kind.to_string(),
                a.site_name.clone(),
                a.state.name().to_owned(),
                format!("{}/{}", a.concluded, a.total),
                a.asked_at.to_string(),
                a.asked_by.name.clone(),
            ]
        })
        .collect();
    Ok(print::table(&["TASK GUID", "KIND", "SITE", "STATE", "ENDED", "ASKED AT", "BY"], &rows)?)
}

/// Prints an action with its targets and its history.
pub(super) fn whole(action: &Action) -> anyhow::Result<()> {
    print::line(&format!("{}  {}", action.title, action.task_guid))?;
    print::line(&format!(
        "asked by {} at {}, {}",
        print::clean(&action.asked_by.name),
        action.asked_at,
        action.proof
    ))?;
    print::line(&format!(
        "must be received by {}, and answered within {} s of that",
        action.deliver_by, action.finish_within_seconds
    ))?;
    let counts: Vec<_> = action.counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    print::line(&format!("state: {} ({})", action.state.name(), counts.join(", ")))?;
    if let Some(first) = action.coalesced {
        print::line(&format!("joined the identical action {first}, which was waiting already"))?;
    }
    if let Some(unknown) = action.unknown {
        let since =
            unknown.connector_away_since.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
        print::line(&format!("what happens at the site is unknown: its connector is away since {since}"))?;
    }
    if let Some(why) = &action.why {
        because(why)?;
    }
    if !action.targets.is_empty() {
        print::line("")?;
        print::table(
            &["DEVICE", "STATE", "CHANGED", "WHY"],
            &action.targets.iter().map(target).collect::<Vec<_>>(),
        )?;
    }
    if !action.history.is_empty() {
        print::line("")?;
        print::table(
            &["AT", "HOP", "EVENT", "DEVICE", ""],
            &action.history.iter().map(entry).collect::<Vec<_>>(),
        )?;
    }
    Ok(())
}

/// Prints a reason with its fix.
pub(super) fn because(why: &Why) -> anyhow::Result<()> {
    print::line(&format!(
        "  why: {} (at the {})",
        print::clean(&why.text),
        why.hop.name().replace('_', " ")
    ))?;
    print::line(&format!("  fix: {}", print::clean(&why.fix)))?;
    Ok(())
}

fn target(target: &TargetState) -> Vec<String> {
    let why = target.why.as_ref().map_or_else(|| target.detail.clone(), |why| why.text.clone());
    vec![target.name.clone(), target.state.name().to_owned(), target.changed.to_string(), why]
}

fn entry(entry: &HistoryEntry) -> Vec<String> {
    let why = entry.why.as_ref().map(|why| why.text.clone());
    let said = why.or_else(|| entry.rule.clone()).or_else(|| entry.detail.clone()).unwrap_or_default();
    let late = if entry.late { " (late)" } else { "" };
    vec![
        entry.at.to_string(),
        entry.hop.name().to_owned(),
        format!("{}{late}", entry.event.name()),
        entry.device.map_or_else(|| "all".to_owned(), |device| device.to_string()),
        said,
    ]
}
