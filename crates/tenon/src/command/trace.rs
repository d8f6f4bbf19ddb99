//! `tenon trace`: where an action is, how long each hop took, and, where it stopped, the hop, the reason and the fix.

pub(in crate::command) mod known;

use std::{io::Write as _, path::PathBuf, process::ExitCode, time::Duration};

use ::trace::path::{Path, path};
use action::TaskGuid;
use anyhow::Context as _;
use console_api::{Action, ActionQuery, Client, ClientError, LARGEST_PAGE};
use service::error::Chain;

use crate::{
    command::device,
    exit::{self, Stop},
    print,
    session::{ConsoleOptions, refused},
};

/// How often a followed action is asked for.
const EVERY: Duration = Duration::from_millis(500);
/// Targets of one action whose paths are shown; the ones that are not done first.
const MOST_PATHS: usize = 20;

/// `tenon trace`.
#[derive(Debug, clap::Args)]
pub(crate) struct Trace {
    #[command(flatten)]
    console: ConsoleOptions,
    /// The action's id; the newest action that matches where it is left out
    task_guid: Option<TaskGuid>,
    /// Only this device, by id or name
    #[arg(long)]
    device: Option<String>,
    /// Only actions that this person asked for, by sign-in name
    #[arg(long)]
    user: Option<String>,
    /// Only actions asked for at or before this time, such as 2026-09-25T14:00:00Z
    #[arg(long, value_name = "TIME")]
    before: Option<action::Timestamp>,
    /// Show it again at every change, until it has ended
    #[arg(long, conflicts_with = "html")]
    follow: bool,
    /// Also write the path with a picture as an HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Runs `tenon trace`.
pub(crate) async fn run(trace: Trace) -> anyhow::Result<ExitCode> {
    let client = trace.console.client()?;
    let device = match &trace.device {
        Some(name) => Some(device::find(&client, name).await?.id),
        None => None,
    };
    let task_guid = match trace.task_guid {
        Some(task_guid) => task_guid,
        None => newest(&client, &trace, device).await?,
    };
    let mut shown = None;
    loop {
        let action = client.action(task_guid).await.map_err(not_there)?;
        let known = known::of(&client, &action, device).await?;
        let paths: Vec<Path> = known.iter().take(MOST_PATHS).map(path).collect();
        // How long it waits changes all the time, and is no news.
        let news: Vec<_> =
            paths.iter().map(|path| (path.state, path.steps.len(), path.answers.clone())).collect();
        if trace.console.json && shown.as_ref() != Some(&news) {
            print::json(&paths)?;
        } else if !trace.console.json && shown.as_ref() != Some(&news) {
            std::io::stdout().lock().write_all(clean(&text(&action, &paths)).as_bytes())?;
        }
        if let (Some(file), Some(path)) = (&trace.html, paths.first()) {
            std::fs::write(file, path.html())
                .with_context(|| format!("failed to write {}", file.display()))?;
        }
        let ended = action.state.is_concluded() && action.concluded == action.total;
        if !trace.follow || ended {
            let done = action.state == action::State::Done || !ended;
            return Ok(ExitCode::from(if done { exit::DONE } else { exit::NOT_ALL_DONE }));
        }
        shown = Some(news);
        tokio::time::sleep(EVERY).await;
    }
}

/// Finds the newest action that matches.
async fn newest(
    client: &Client,
    trace: &Trace,
    device: Option<action::DeviceId>,
) -> anyhow::Result<TaskGuid> {
    let mut query = ActionQuery { device, limit: Some(LARGEST_PAGE), ..ActionQuery::default() };
    loop {
        let page = client.actions(&query).await.map_err(not_there)?;
        let matches = |action: &&Action| {
            trace.user.as_ref().is_none_or(|user| *user == action.asked_by.name)
                && trace.before.is_none_or(|before| action.asked_at <= before)
        };
        if let Some(action) = page.items.iter().find(matches) {
            return Ok(action.task_guid);
        }
        query.after = page.next;
        if query.after.is_none() {
            let fix = "`tenon action list` shows what there is";
            return Err(Stop::error(exit::FAILED, "no action matches", fix));
        }
    }
}

/// The path is broken at its first hop: says what still tells.
fn not_there(error: ClientError) -> anyhow::Error {
    if error.problem().is_some() {
        return refused(error);
    }
    Stop::error(
        exit::FAILED,
        format!("the admin center does not answer: {}", Chain(&error)),
        "start the console, or look at the way to it; the site's own logs still tell: `tenon diagnose FOLDER` at its host",
    )
}

fn text(action: &Action, paths: &[Path]) -> String {
    let mut text = paths.iter().map(Path::text).collect::<Vec<_>>().join("\n");
    if action.total > 1 {
        let counts: Vec<_> = action.counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        text.push_str(&format!("\n{} targets: {}\n", action.total, counts.join(", ")));
    }
    text
}

fn clean(text: &str) -> String {
    text.lines().map(|line| print::clean(line) + "\n").collect()
}
