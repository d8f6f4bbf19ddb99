//! `tenon probe`: an action that does nothing, asked for again and again, to see that the whole path works.

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use action::{ActionKind, State};
use anyhow::Context as _;
use console_api::{Client, Kind, NewAction, NewTarget};
use service::{
    clock, dice,
    log::{Component, ComponentLog},
    metrics::{Counter, Gauge, Histogram, Metrics},
    observe::{self, Health, Observed},
    running::owned,
    shutdown::Shutdown,
};
use tokio::time::{Instant, sleep};

use super::{action::ask, device};
use crate::{
    exit, print,
    session::{ConsoleOptions, refused},
};

/// How often the console is asked how a probe goes.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// `tenon probe`.
#[derive(Debug, clap::Args)]
pub(crate) struct Probe {
    #[command(flatten)]
    console: ConsoleOptions,
    /// A device, by id or name; may be given more than once
    #[arg(long = "device", required = true)]
    devices: Vec<String>,
    /// Minutes between two probes of a device
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1440))]
    every_minutes: u32,
    /// A probe that has not come back within this many seconds has failed
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    within_seconds: u32,
    /// Where to tell metrics, such as `127.0.0.1:9467`
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Probe each device once, and end
    #[arg(long)]
    once: bool,
}

/// What the probes of one device are counted into.
struct Counters {
    back: Counter,
    failed: Counter,
    seconds: Histogram,
    up: Gauge,
}

/// Runs `tenon probe`.
pub(crate) async fn run(probe: Probe) -> anyhow::Result<ExitCode> {
    let client = probe.console.client()?;
    let shutdown = Shutdown::on_signals().context("failed to listen for signals")?;
    let metrics = Metrics::new();
    let devices: Vec<_> = probe.devices.iter().map(|name| (name, Counters::new(&metrics, name))).collect();
    let _watched = match probe.listen {
        None => None,
        Some(address) => {
            let observed = Observed { metrics, health: Arc::new(Health::default()) };
            let log = ComponentLog::stderr(Component::ADMIN_CENTER);
            let (address, serving) = observe::listen(address, observed, log, shutdown.clone()).await?;
            print::line(&format!("metrics are told on http://{address}{}", observe::METRICS_PATH))?;
            Some(owned(serving))
        }
    };
    loop {
        let mut all_back = true;
        for (name, counters) in &devices {
            let began = Instant::now();
            let outcome = tokio::select! {
                outcome = one(&client, name, Duration::from_secs(probe.within_seconds.into())) => outcome,
                () = shutdown.begun() => return Ok(ExitCode::SUCCESS),
            };
            all_back &= outcome.is_ok();
            counters.count(outcome.is_ok(), began.elapsed());
            let seconds = began.elapsed().as_secs_f64();
            let told = outcome.err().unwrap_or_else(|| "there and back".to_owned());
            print::line(&format!("{}  {:<20}  {seconds:>7.3} s  {told}", clock::now(), print::clean(name)))?;
        }
        if probe.once {
            return Ok(ExitCode::from(if all_back { exit::DONE } else { exit::NOT_ALL_DONE }));
        }
        tokio::select! {
            () = sleep(Duration::from_secs(60 * u64::from(probe.every_minutes))) => {}
            () = shutdown.begun() => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// One probe of one device; an error says why it did not come back.
async fn one(client: &Client, name: &str, within: Duration) -> Result<(), String> {
    let told = |error: anyhow::Error| print::clean(&format!("{error:#}"));
    let began = Instant::now();
    let device = device::find(client, name).await.map_err(told)?;
    let new = NewAction {
        kind: Kind(ActionKind::PROBE),
        target: NewTarget::Device { device: device.id },
        param: String::new(),
        // One that is late is not run any more: probes do not pile up for a device that is away.
        deliver_by: Some(clock::now().plus(within)),
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    };
    let stored = ask::stored(client, &new, &dice::uuid().to_string()).await.map_err(told)?;
    let Some(asked) = stored.actions.first() else { return Err("the console stored no action".to_owned()) };
    loop {
        let action = client.action(asked.task_guid).await.map_err(|error| told(refused(error)))?;
        if action.state == State::Done {
            return Ok(());
        }
        let late = began.elapsed() >= within;
        if late || action.state.is_concluded() && action.concluded == action.total {
            let why = action.why.map(|why| format!(": {}", print::clean(&why.text))).unwrap_or_default();
            let state = action.state.name();
            return Err(format!("{state}{why} (tenon trace {})", asked.task_guid));
        }
        sleep(LOOK_EVERY).await;
    }
}

impl Counters {
    fn new(metrics: &Metrics, device: &str) -> Self {
        let of = [("device", device)];
        Self {
            back: metrics.counter("tenon_probes_total", "Probes that came back", &of),
            failed: metrics.counter(
                "tenon_probe_failures_total",
                "Probes that did not come back in time, or were refused",
                &of,
            ),
            seconds: metrics.histogram("tenon_probe_seconds", "From the request to the answer", &of),
            up: metrics.gauge("tenon_probe_up", "Whether the last probe came back: 1 yes, 0 no", &of),
        }
    }

    fn count(&self, back: bool, after: Duration) {
        self.up.set(i64::from(back));
        if back {
            self.back.increment();
            self.seconds.observe(after);
        } else {
            self.failed.increment();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_probes_that_came_back_are_timed() {
        let metrics = Metrics::new();
        let counters = Counters::new(&metrics, "a");
        counters.count(true, Duration::from_millis(30));
        counters.count(false, Duration::from_secs(60));
        let text = metrics.exposition();
        for line in [
            "tenon_probes_total{device=\"a\"} 1",
            "tenon_probe_failures_total{device=\"a\"} 1",
            "tenon_probe_seconds_count{device=\"a\"} 1",
            "tenon_probe_up{device=\"a\"} 0",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} in\n{text}");
        }
    }
}
