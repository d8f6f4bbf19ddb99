//! Following an action: a line for each target whenever its state changes.

use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

use action::{DeviceId, State, TaskGuid};
use console_api::{Action, Client};

use super::show;
use crate::{print, session::refused};

/// How often the console is asked how it goes, so that an answer within a second is shown within a second.
const EVERY: Duration = Duration::from_millis(200);
/// How often it is asked once the first [`PATIENCE`] is over.
const EVERY_LATER: Duration = Duration::from_secs(2);
/// How long it is asked often.
const PATIENCE: Duration = Duration::from_secs(30);

/// Follows an action until every target has ended, and returns it as it is then.
pub(crate) async fn to_the_end(client: &Client, task_guid: TaskGuid, quiet: bool) -> anyhow::Result<Action> {
    let start = Instant::now();
    let mut shown = Shown::default();
    loop {
        let action = client.action(task_guid).await.map_err(refused)?;
        if !quiet {
            for line in shown.news(&action, start.elapsed()) {
                print::line(&line)?;
            }
        }
        if action.state.is_concluded() && action.concluded == action.total {
            if !quiet {
                if let Some(why) = &action.why {
                    show::because(why)?;
                }
                print::line(&format!(
                    "{}: {} of {} targets ended",
                    action.state.name(),
                    action.concluded,
                    action.total
                ))?;
            }
            return Ok(action);
        }
        tokio::time::sleep(if start.elapsed() < PATIENCE { EVERY } else { EVERY_LATER }).await;
    }
}

/// What was shown of an action so far.
#[derive(Debug, Default)]
struct Shown {
    states: BTreeMap<DeviceId, State>,
    summary: String,
}

impl Shown {
    /// Returns the lines that are news: a line for each target whose state changed, and of an action with more targets than one
    /// page shows the counts.
    fn news(&mut self, action: &Action, after: Duration) -> Vec<String> {
        let mut lines = Vec::new();
        for target in &action.targets {
            if self.states.insert(target.device, target.state) != Some(target.state) {
                let why = target
                    .why
                    .as_ref()
                    .map_or_else(String::new, |why| format!("  {}", print::clean(&why.text)));
                lines.push(format!(
                    "{:>7.3} s  {:<20}  {}{why}",
                    after.as_secs_f64(),
                    print::clean(&target.name),
                    target.state.name()
                ));
            }
        }
        let counts: Vec<_> = action.counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let summary = counts.join(", ");
        if action.total > u64::try_from(action.targets.len()).unwrap_or(u64::MAX) && summary != self.summary {
            lines.push(format!("{:>7.3} s  {summary}", after.as_secs_f64()));
            self.summary = summary;
        }
        lines
    }
}
