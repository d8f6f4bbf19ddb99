//! `bench notifier-server`: the notification server that is measured, in a process of its own: the crate as `tenon site`
//! runs it, with the site's real authority, on a store of its own. It is told on standard input what to push.

use std::{
    io::{BufRead as _, Write as _},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use action::{SiteId, TaskGuid, UserId};
use anyhow::{Context as _, bail};
use authority_link::Role;
use notifier::{Config, LiveThrottles, Throttle, Throttles};
use service::{
    call::Endpoint,
    clock,
    log::{Component, ComponentLog, LogSettings},
    shutdown::Shutdown,
    wake::{Topic, Wakes},
};
use site_store::{Aim, Forward, Forwarded, Notification, SiteStore};
use tokio::sync::mpsc;

use super::site::{self, Decided};

/// The keep-alive of the measurements.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(300);

/// `bench notifier-server`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The store's URL
    #[arg(long)]
    store: String,
    /// The site's folder, with the authority's socket
    #[arg(long)]
    site_folder: PathBuf,
    /// The site
    #[arg(long)]
    site: SiteId,
    /// The person who asks
    #[arg(long)]
    person: UserId,
    /// Where devices connect
    #[arg(long)]
    listen: SocketAddr,
    /// The server's name
    #[arg(long)]
    name: String,
    /// The folder of its log
    #[arg(long)]
    logs: PathBuf,
}

/// Serves until standard input is closed.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let db = database::Db::open(&options.store).await.context("failed to open the store")?;
    let store = SiteStore::open(db).await.context("failed to open the store")?;
    let wakes = Wakes::new();
    let shutdown = Shutdown::new();
    let log = ComponentLog::open(&LogSettings::new(options.logs.clone()), Component::BGB_SERVER)?;
    let config = Config {
        throttle: LiveThrottles::new(Throttles::all(Throttle::new(0, 0)?)),
        keep_alive: KEEP_ALIVE,
        ..Config::new(options.listen, options.name.clone())
    };
    let authority = Endpoint::Unix(options.site_folder.join("authority.sock"));
    let running =
        notifier::start(config, store.clone(), wakes.clone(), log, authority, shutdown.clone()).await?;
    let connector = site::caller(&options.site_folder, Role::Connector);

    let mut lines = lines();
    say("ready")?;
    let mut prepared = None;
    while let Some(line) = lines.recv().await {
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match *words {
            ["prepare", at_most] => {
                let decided =
                    site::decide(&connector, options.site, options.person, at_most.parse()?).await?;
                take(&store, &decided, options.person).await?;
                let task_guid = decided.task_guid;
                prepared = Some(decided);
                task_guid.to_string()
            }
            ["push"] => {
                let decided = prepared.take().context("nothing was prepared")?;
                push(&store, &wakes, &decided).await?
            }
            ["counts", task_guid] => {
                let task_guid: TaskGuid = task_guid.parse()?;
                let counts = store.counts(task_guid).await?;
                let counts = counts.iter().map(|(state, count)| format!("{}={count}", state.name()));
                counts.collect::<Vec<_>>().join(";")
            }
            _ => bail!("`{line}` is not understood"),
        };
        say(&answer)?;
    }
    shutdown.begin();
    running.join().await?;
    Ok(())
}

/// Returns the lines of standard input, read by a thread of its own.
fn lines() -> mpsc::Receiver<String> {
    let (heard, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if heard.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Stores the request, as the connector does before it is decided.
async fn take(store: &SiteStore, decided: &Decided, person: UserId) -> anyhow::Result<()> {
    let notification = Notification {
        task_guid: decided.task_guid,
        request: decided.request.clone(),
        user: person,
        user_name: "bench".to_owned(),
        received_at: clock::now(),
    };
    store.take_notification(&notification).await?;
    Ok(())
}

/// Stores the push message and its tasks in one commit, and tells the dispatch; says when it began and when all was stored,
/// by the machine's clock.
async fn push(store: &SiteStore, wakes: &Wakes, decided: &Decided) -> anyhow::Result<String> {
    let Decided { task_guid, allowed, targets, .. } = decided;
    let message = Forward {
        task_guid: *task_guid,
        task_id: allowed.task_id,
        kind: allowed.kind,
        param: allowed.param.clone(),
        clocks: allowed.clocks,
        offline: allowed.offline,
        aim: Aim::Collection,
        rule: allowed.rule.clone(),
        audit: None,
    };
    let began = clock::boot();
    if store.forward(&message, targets, &allowed.refused, clock::now()).await? == Forwarded::Before {
        bail!("the action was forwarded before");
    }
    let stored = clock::boot();
    wakes.wake(Topic::PushMessages);
    Ok(format!("{} {}", began.as_nanos(), stored.as_nanos()))
}
