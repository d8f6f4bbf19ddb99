//! What an agent costs a machine that has nothing to do: its memory, its wake-ups, the size of its binary.

use std::{fs, io::Write as _, time::Duration};

use e2e::{World, WorldOptions, binary};

/// `cargo xtask bench idle-agent`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many seconds the agent is watched
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Runs the benchmark.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let world = World::start(WorldOptions::default()).await;
    let agent = world.add_agent("idle");
    world.device("idle", |device| device.online && device.compliance.is_some()).await;
    let id = agent.program.id();
    let before = switches(id)?;
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let woken = switches(id)?.saturating_sub(before);
    let memory = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let kib = |name: &str| {
        let line = memory.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let size = fs::metadata(binary("tenon-agent"))?.len();
    writeln!(
        std::io::stdout(),
        "idle agent: anonymous memory {} KiB (target 2048), PSS {} KiB (target 8192), binary {} KiB (target 10240), \
         woken {woken} times in {} s",
        kib("Anonymous:").unwrap_or(0),
        kib("Pss:").unwrap_or(0),
        size >> 10,
        options.seconds,
    )?;
    Ok(())
}

/// Returns how often the threads of a process have given up the processor by themselves: each is a wake-up before it.
fn switches(id: u32) -> anyhow::Result<u64> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        let status = fs::read_to_string(thread?.path().join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        sum += line.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}
