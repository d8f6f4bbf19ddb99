//! `tenon swarm`: simulated devices, to see how large a site may grow on a machine.

mod share;
mod told;

use std::{net::IpAddr, time::Duration};

use anyhow::Context as _;
use service::shutdown::Shutdown;
use swarm::{Behaviour, Config};
use tokio::time::{Instant, sleep_until};

use self::share::{millis, share};
use crate::{
    exit::{self, Stop},
    limits, print,
};

/// Files that are no connections of devices.
const OTHER_FILES: u64 = 128;

/// `tenon swarm`.
#[derive(Debug, clap::Args)]
pub(crate) struct Swarm {
    /// The join token, `TJ1.…`; it must admit as many devices as are asked for
    #[arg(long, env = "TENON_JOIN_TOKEN", hide_env_values = true)]
    token: String,
    /// How many devices; each is one open file, so that more than some 18,000 take several processes on most systems
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    devices: u32,
    /// What the devices' names begin with; several processes need different ones to be told apart
    #[arg(long, default_value = "sim-")]
    name_prefix: String,
    /// How many devices are enrolled at the same time
    #[arg(long, default_value_t = 8)]
    enrol_at_once: usize,
    /// How many connections are opened each second, at the start and after a loss
    #[arg(long, default_value_t = 400)]
    connects_per_second: u32,
    /// An address of this machine that devices dial from; given more than once, they take turns (one address has some 28,000
    /// ports)
    #[arg(long = "source", value_name = "ADDRESS")]
    sources: Vec<IpAddr>,
    /// Decides which devices are strange and when: the same seed gives the same fleet
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How long a device works on a task, in milliseconds, such as 0, 50 or 100-5000 for anything between
    #[arg(long, default_value = "0", value_name = "MS", value_parser = millis)]
    answers_after: (Duration, Duration),
    /// Percent of the answers that say that the task failed
    #[arg(long, default_value = "0", value_name = "PERCENT", value_parser = share)]
    failing: u16,
    /// Percent of the devices that read only every few seconds
    #[arg(long, default_value = "0", value_name = "PERCENT", value_parser = share)]
    slow: u16,
    /// Percent of the devices that fall silent without closing their connection
    #[arg(long, default_value = "0", value_name = "PERCENT", value_parser = share)]
    vanishing: u16,
    /// Percent of the devices that send what is no message
    #[arg(long, default_value = "0", value_name = "PERCENT", value_parser = share)]
    garbage: u16,
    /// Percent of the devices of which there are two with one identity
    #[arg(long, default_value = "0", value_name = "PERCENT", value_parser = share)]
    duplicate: u16,
    /// Take tasks without checking their proofs, so that the devices cost less of the machine
    #[arg(long)]
    unverified: bool,
    /// End after so many seconds; else at Ctrl-C
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Tell every so many seconds how the devices stand; 0 for only at the end
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    tell_every: u64,
    /// Print JSON, one object each time, for scripts
    #[arg(long)]
    json: bool,
}

/// Runs `tenon swarm` until its time is over or Ctrl-C.
pub(crate) async fn run(swarm: Swarm) -> anyhow::Result<()> {
    let room = limits::most_open_files().saturating_sub(OTHER_FILES);
    let wanted = u64::from(swarm.devices) * (1_000 + u64::from(swarm.duplicate)) / 1_000;
    if wanted > room {
        return Err(Stop::error(
            exit::USAGE,
            format!("{wanted} connections do not fit: the system lets one process have {room}"),
            "raise the limit of open files (`ulimit -n`), or run several processes with different --name-prefix",
        ));
    }
    let shutdown = Shutdown::on_signals().context("failed to listen for signals")?;
    let config = Config {
        name_prefix: swarm.name_prefix,
        enrolments_at_once: swarm.enrol_at_once,
        connects_per_second: swarm.connects_per_second,
        verify: !swarm.unverified,
        behaviour: Behaviour {
            seed: swarm.seed,
            answers_after: swarm.answers_after,
            failing: swarm.failing,
            slow: swarm.slow,
            vanishing: swarm.vanishing,
            garbage: swarm.garbage,
            duplicate: swarm.duplicate,
        },
        sources: swarm.sources,
        ..Config::new(swarm.token.trim().to_owned(), swarm.devices)
    };
    let devices =
        ::swarm::start(config, shutdown.clone()).await.context("failed to start the simulated devices")?;
    if !swarm.json {
        print::line(told::verification(swarm.unverified))?;
    }
    let began = Instant::now();
    let ends = swarm.seconds.map(|seconds| began + Duration::from_secs(seconds));
    let every = (swarm.tell_every > 0).then(|| Duration::from_secs(swarm.tell_every));
    let mut tells = every.map(|every| began + every);
    loop {
        let next = [ends, tells].into_iter().flatten().min();
        let wait = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shutdown.begun() => break,
            () = wait => {}
        }
        let now = Instant::now();
        if ends.is_some_and(|at| at <= now) {
            break;
        }
        tells = every.map(|every| now + every);
        told::how_they_stand(&devices.report(), began.elapsed(), swarm.json)?;
    }
    let (report, failure) = (devices.report(), devices.first_failure());
    let took = began.elapsed();
    devices.end().await;
    told::report(&report, failure.as_deref(), took, swarm.json)?;
    Ok(())
}
