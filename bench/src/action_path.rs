//! Request to answer through all four hops, every commit on disk, one device online, one action after the other: against the
//! sum of the synchronous writes on that path, measured in the same run.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

use action::ActionKind;
use console_api::{Kind, NewAction, NewTarget};
use e2e::{World, WorldOptions, commits};

use crate::figures::{Times, millis};

/// `cargo xtask bench action-path`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many actions
    #[arg(long, default_value_t = 1000)]
    actions: usize,
    /// Runs; each has its own programs, and the median run is the figure
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

/// Synchronous writes that are timed before and after the actions of a run.
const WRITES: usize = 500;
/// Actions after which the write-ahead logs are read: before they begin anew.
const COUNTED: usize = 20;
/// How long one question for the end of an action waits.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the hops themselves may take beside the writes (the target).
const ALLOWED: Duration = Duration::from_millis(5);

/// Runs the benchmark.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let mut medians = Vec::new();
    for number in 1..=options.runs {
        let run = one_run(options.actions).await?;
        writeln!(
            out,
            "run {number}: {} actions, p50 {}, p99 {}; {} synchronous writes each, {} apiece, {} in all; p50 beyond them: {}",
            options.actions,
            millis(run.times.percentile(50)),
            millis(run.times.percentile(99)),
            run.writes,
            millis(run.write),
            millis(run.floor()),
            millis(run.times.percentile(50).saturating_sub(run.floor())),
        )?;
        medians.push((run.times.percentile(50), run.floor()));
    }
    medians.sort_unstable();
    if let Some((p50, floor)) = medians.get(medians.len() / 2) {
        let verdict = if *p50 <= *floor + ALLOWED { "within" } else { "above" };
        writeln!(
            out,
            "median run: p50 {}, {verdict} the sum of its writes + {}",
            millis(*p50),
            millis(ALLOWED)
        )?;
    }
    Ok(())
}

struct Run {
    times: Times,
    writes: usize,
    write: Duration,
}

impl Run {
    fn floor(&self) -> Duration {
        self.write * u32::try_from(self.writes).unwrap_or(u32::MAX)
    }
}

async fn one_run(actions: usize) -> anyhow::Result<Run> {
    let world = World::start(WorldOptions { throttle: (0, 0), ..WorldOptions::default() }).await;
    let agent = world.add_agent("bench");
    let device = world.device("bench", |device| device.online).await;
    let folder = agent.root.parent().map(Path::to_owned).unwrap_or_default();
    let stores = [
        world.files().join("console/console.db"),
        world.site.folder.join("site.db"),
        world.site.folder.join("authority/authority.db"),
        folder.join("state/journal.db"),
    ];
    let before_writes = synchronous_writes(world.files())?;
    let mut times = Vec::with_capacity(actions);
    let mut writes = Vec::with_capacity(COUNTED);
    for number in 0..actions {
        let counted = number < COUNTED;
        let before = if counted { counts(&stores) } else { 0 };
        let task_guid = action::TaskGuid(uuid::Uuid::new_v4());
        let new = NewAction {
            kind: Kind(ActionKind::PROBE),
            target: NewTarget::Device { device: device.id },
            param: String::new(),
            deliver_by: None,
            finish_within_seconds: None,
            offline: None,
            task_guid: Some(task_guid),
        };
        let signed = world.signed(&new).await;
        let start = Instant::now();
        world.client.create_signed(&signed, &task_guid.to_string()).await?;
        // One question that the console answers at the end: looks in between would slow what they measure.
        while !world.client.action_at_end(task_guid, PATIENCE).await?.state.is_concluded() {}
        times.push(start.elapsed());
        if counted {
            writes.push(counts(&stores).saturating_sub(before));
        }
    }
    let after_writes = synchronous_writes(world.files())?;
    // What is not this action's falls into some rounds only; so does a log that begins anew, which then has too few.
    writes.sort_unstable();
    let writes = writes.get(writes.len() / 2).copied().unwrap_or_default();
    Ok(Run { times: Times::of(times), writes, write: before_writes.max(after_writes) })
}

fn counts(stores: &[PathBuf]) -> usize {
    stores.iter().map(|store| commits(store)).sum()
}

/// Returns the median time of a write of 4 KiB that is on disk when it returns.
fn synchronous_writes(folder: &Path) -> anyhow::Result<Duration> {
    let path = folder.join("synchronous-writes");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let start = Instant::now();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    std::fs::remove_file(&path)?;
    Ok(Times::of(times).percentile(50))
}
