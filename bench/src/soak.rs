//! Half an hour of a site with strange devices: what grows, and whether the others are served as if the strange ones were not
//! there.

mod watch;

use std::{collections::BTreeMap, io::Write as _, time::Duration};

use action::{ActionKind, OfflinePolicy, TaskGuid};
use anyhow::{Context as _, bail};
use console_api::{Kind, NewAction, NewTarget};
use e2e::{World, WorldOptions};
use service::shutdown::Shutdown;
use swarm::{Behaviour, Config, Counts};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep},
};

use self::watch::{Grown, Watch};

/// `cargo xtask bench soak`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// How many devices
    #[arg(long, default_value_t = 1_000)]
    devices: u32,
    /// Seconds between two actions on all devices
    #[arg(long, default_value_t = 15)]
    action_every: u64,
}

/// Sent so often that a device that vanished is noticed within a minute.
const KEEP_ALIVE: &str = "keep-alive-seconds = 20\n";
/// How long the devices may take to come online at the start: of the strange some are always away.
const ONLINE_WITHIN: Duration = Duration::from_secs(180);
/// How often it is looked at what grows.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Devices that are online at once, at least, in percent: strange ones come and go.
const ONLINE_PERCENT: u64 = 85;
/// Steady devices that must have answered each action, in percent. All of them do in the end; this is looked at while the last
/// is on its way.
const ANSWERED_PERCENT: u64 = 88;

/// From how long on growth is no start any more.
const LONG_ENOUGH: Duration = Duration::from_secs(600);

/// Runs it.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let world = World::start(WorldOptions {
        throttle: (0, 0),
        vouched: true,
        metrics: true,
        notifier_lines: KEEP_ALIVE.to_owned(),
        ..WorldOptions::default()
    })
    .await;
    let behaviour = Behaviour {
        seed: 6,
        answers_after: (Duration::ZERO, Duration::from_millis(500)),
        failing: 10,
        slow: 50,
        vanishing: 50,
        garbage: 10,
        duplicate: 10,
    };
    let config = Config { behaviour, ..Config::new(world.join_token(options.devices), options.devices) };
    let swarm = swarm::start(config, Shutdown::new()).await.context("failed to start the devices")?;
    let wanted = u64::from(options.devices) * ONLINE_PERCENT / 100;
    let began = Instant::now();
    while swarm.counts().online < wanted {
        if began.elapsed() > ONLINE_WITHIN {
            bail!("only {:?} after {} s", swarm.counts(), began.elapsed().as_secs());
        }
        sleep(Duration::from_millis(200)).await;
    }
    let site = world.client.sites().await?.first().context("no site is attached")?.id;
    let programs = world.site.programs.iter().map(|(name, program)| (name.clone(), program.id()));
    let mut watch = Watch::new(programs.chain([("console".to_owned(), world.console.id())]))?;

    let began = Instant::now();
    let whole = Duration::from_secs(options.minutes * 60);
    let (mut actions, mut next) = (Vec::new(), Instant::now());
    while began.elapsed() < whole {
        if Instant::now() >= next {
            next += Duration::from_secs(options.action_every.max(1));
            let target = NewTarget::Collection {
                site,
                collection: "SMS00001".to_owned(),
                at_most: Some(options.devices.into()),
            };
            actions.push(ask(&world, target).await?);
        }
        watch.look(began.elapsed())?;
        say(&format!("{:>5} s: {:?}", began.elapsed().as_secs(), swarm.counts()))?;
        sleep(LOOK_EVERY).await;
    }
    let counts = swarm.counts();
    answered(&world, &actions, options.devices).await?;
    let closed = closed(&world).await?;
    swarm.end().await;
    report(&counts, &closed, actions.len(), &watch.grown())?;
    verdict(&counts, &closed, &watch.grown(), began.elapsed())
}

async fn ask(world: &World, target: NewTarget) -> anyhow::Result<TaskGuid> {
    let task_guid = TaskGuid(uuid::Uuid::new_v4());
    let new = NewAction {
        kind: Kind(ActionKind::MACHINE_POLICY),
        target,
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: Some(OfflinePolicy::Queue),
        task_guid: Some(task_guid),
    };
    world.client.create_action(&new, &task_guid.to_string()).await?;
    Ok(task_guid)
}

/// Looks at each action: the steady devices have answered it.
async fn answered(world: &World, actions: &[TaskGuid], devices: u32) -> anyhow::Result<()> {
    // The newest may be on their way.
    let older = actions.get(..actions.len().saturating_sub(4)).unwrap_or_default();
    for task_guid in older {
        let action = world.client.action(*task_guid).await?;
        if action.concluded * 100 < u64::from(devices) * ANSWERED_PERCENT {
            bail!(
                "of the action {task_guid} only {} of {} targets have ended: {action:?}",
                action.concluded,
                action.total
            );
        }
    }
    Ok(())
}

/// Returns by reason how many connections the notification server has closed, as its metrics tell.
async fn closed(world: &World) -> anyhow::Result<BTreeMap<String, u64>> {
    const CLOSED: &str = "tenon_device_connections_closed_total{reason=\"";
    let [_, site, _] = world.metrics.context("the site tells no metrics")?;
    let mut stream = TcpStream::connect(site).await.context("failed to reach the site's metrics")?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await?;
    let mut reasons = BTreeMap::new();
    for line in String::from_utf8_lossy(&text).lines() {
        let Some((reason, count)) = line.strip_prefix(CLOSED).and_then(|rest| rest.split_once("\"} ")) else {
            continue;
        };
        let count: u64 = count.trim().parse().unwrap_or_default();
        if count > 0 {
            reasons.insert(reason.to_owned(), count);
        }
    }
    Ok(reasons)
}

fn report(
    counts: &Counts,
    closed: &BTreeMap<String, u64>,
    actions: usize,
    grown: &[Grown],
) -> anyhow::Result<()> {
    say(&format!("{actions} actions; devices: {counts:?}"))?;
    for (reason, count) in closed {
        say(&format!("closed {count} times: {reason}"))?;
    }
    for grown in grown {
        say(&grown.to_string())?;
    }
    Ok(())
}

fn verdict(
    counts: &Counts,
    closed: &BTreeMap<String, u64>,
    grown: &[Grown],
    took: Duration,
) -> anyhow::Result<()> {
    if counts.failed > 0 {
        bail!("steady devices failed {} times", counts.failed);
    }
    // Who vanished was silent, and of two with one identity the newer has replaced the older.
    for reason in ["silent", "replaced"] {
        if took > Duration::from_secs(300) && !closed.contains_key(reason) {
            bail!("strange devices did their worst, and no connection was closed as `{reason}`: {closed:?}");
        }
    }
    if took < LONG_ENOUGH {
        return say("too short to say whether something grows: caches still fill");
    }
    if let Some(grown) = grown.iter().find(|grown| grown.is_too_much()) {
        bail!("it grows: {grown}");
    }
    say("nothing grows")
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}
