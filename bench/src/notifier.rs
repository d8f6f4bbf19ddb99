//! The notification server beside its peers: the same devices with the same certificates, the same load client, the same
//! numbers of devices, in rounds in turn.

mod certificates;
mod client;
mod large;
mod ours;
mod peers;
mod plot;
mod process;
mod report;
mod results;
mod rounds;
pub(crate) mod server;
mod site;

use std::{io::Write as _, path::PathBuf};

use anyhow::Context as _;

pub(crate) use self::process::children;
use self::{results::Results, rounds::Bench};

/// What a task holds at a peer, in bytes. Tenon's own hold the signature and the proof as well: some 1,500 bytes.
const TASK_BYTES: usize = 150;
/// What an answer holds at a peer, in bytes: as many as Tenon's receipt and response have together, without their frames.
const ANSWER_BYTES: usize = 200;

/// `cargo xtask bench notifier`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Numbers of devices, one after the other
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000])]
    devices: Vec<usize>,
    /// Rounds; in each round all servers are measured in turn
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Pushes to all devices in each round; the median is the round's figure
    #[arg(long, default_value_t = 5)]
    pushes: usize,
    /// Devices where each has a durable JetStream consumer; 0 for none. It is far slower, and is measured apart
    #[arg(long, default_value_t = 5_000)]
    consumers: usize,
    /// Devices of the last part: idle, and a restart in the middle of a push; 0 for none
    #[arg(long, default_value_t = 18_000)]
    large: usize,
    /// Seconds in which an idle server is watched
    #[arg(long, default_value_t = 20)]
    idle_seconds: u64,
    /// 1,000 devices, one round, nothing large: to see that it works
    #[arg(long)]
    quick: bool,
    /// Only servers whose name holds this
    #[arg(long)]
    only: Option<String>,
    /// Where the table, the plot and the figures are written: notifier.md, notifier.svg, notifier.json
    #[arg(long, default_value = "docs/benchmarks", value_name = "FOLDER")]
    write: PathBuf,
}

/// Runs the benchmark.
pub(crate) async fn run(mut options: Options) -> anyhow::Result<()> {
    if options.quick {
        options.devices = vec![1_000];
        options.rounds = 1;
        options.pushes = 3;
        options.consumers = options.consumers.min(500);
        options.large = options.large.min(1_000);
        options.idle_seconds = options.idle_seconds.min(5);
    }
    service::tls::install_provider();
    open_files();
    options.devices.sort_unstable();
    let mut results = Results::new(&options);
    let mut bench = Bench::start(&options).await?;
    let ended = tokio::select! {
        ended = bench.run(&mut results) => ended,
        stopped = tokio::signal::ctrl_c() => stopped.context("failed to listen for Ctrl-C").and(Err(anyhow::anyhow!("stopped"))),
    };
    bench.end().await;
    ended?;
    std::fs::create_dir_all(&options.write)?;
    for (name, text) in [
        ("notifier.md", report::markdown(&results)),
        ("notifier.svg", plot::svg(&results)),
        ("notifier.json", report::json(&results)?),
    ] {
        let path = options.write.join(name);
        std::fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", report::tables(&results))?;
    Ok(())
}

/// Asks for as many open files as the system allows; the peers' processes inherit it.
fn open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    // Where it is refused, the present limit is what there is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
