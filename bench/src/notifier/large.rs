//! As many devices as one process holds: what they cost while nothing happens, and what becomes of them and of a push when the
//! server is killed in the middle of it.

use std::time::Duration;

use service::clock;
use tokio::time::{Instant, sleep};

use super::{
    client::{Client, Tenon, TenonDevice},
    results::{Metric, Results, Server},
    rounds::{Bench, Watched, float, memory, micros, say},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(240);

/// Measures it.
pub(super) async fn run(bench: &Bench, size: usize, results: &mut Results) -> anyhow::Result<()> {
    let place = (size, Server::Sqlite);
    let mut ours = bench.ours(Server::Sqlite).await?;
    let watched = Watched::new(ours.pid())?;
    let identities = bench.identities(size);
    let mut client = Client::new(bench.configs(size)?);
    let cpu = watched.cpu()?;
    let speech = |number: usize| {
        let identity = &identities[number];
        Tenon::new(TenonDevice::new(identity.device, identity.enrolment))
    };
    let took = client.connect(ours.address, size, true, speech).await?;
    sleep(Duration::from_secs(2)).await;
    results.add(place, Metric::Connect, micros(watched.cpu()?.saturating_sub(cpu), size));
    results.add(place, Metric::ConnectRate, float(size) / took.as_secs_f64());
    for push in 1..=2 {
        let _ = ours.prepare(size).await?;
        sleep(Duration::from_millis(250)).await;
        let cpu = watched.cpu()?;
        let pushed = ours.push().await?;
        client.until("all answers are stored", PATIENCE, |tally| tally.confirmed() >= size * push).await?;
        let took = client.tally.last_confirmed().saturating_sub(pushed.began);
        sleep(Duration::from_millis(250)).await;
        results.add(place, Metric::Push, took.as_secs_f64() * 1e3);
        results.add(place, Metric::PushRate, float(size) / took.as_secs_f64());
        results.add(place, Metric::Task, micros(watched.cpu()?.saturating_sub(cpu), size));
    }
    memory(results, place, &watched).await?;

    let (cpu, began) = (watched.cpu()?, Instant::now());
    sleep(bench.idle()).await;
    let used = watched.cpu()?.saturating_sub(cpu);
    results.add(place, Metric::Idle, used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0);
    say(&format!("{size} devices were idle"))?;

    let task_guid = ours.prepare(size).await?;
    ours.push().await?;
    let stored = |count: usize| move |tally: &super::client::Tally| tally.confirmed() >= count;
    client.until("a quarter of the answers is stored", PATIENCE, stored(size * 2 + size / 4)).await?;
    let killed = clock::boot();
    let mut ours = ours.kill_and_restart().await?;
    client.until("the devices have noticed", PATIENCE, |tally| tally.served() < size / 2).await?;
    client.until("all devices are back", PATIENCE, |tally| tally.served() >= size).await?;
    results.add(place, Metric::Back, clock::boot().saturating_sub(killed).as_secs_f64());
    client.until("all answers are stored", PATIENCE, stored(size * 3)).await?;
    results.add(place, Metric::BackDone, client.tally.last_confirmed().saturating_sub(killed).as_secs_f64());
    let (answered, repeated) = (client.tally.answered(), client.tally.repeated());
    anyhow::ensure!(answered == size * 3, "{answered} tasks were done, not {}", size * 3);
    results.add(place, Metric::Repeated, float(repeated));
    let mut counts = ours.counts(&task_guid).await?;
    let began = Instant::now();
    while counts != format!("done={size}") && began.elapsed() < PATIENCE {
        sleep(Duration::from_millis(100)).await;
        counts = ours.counts(&task_guid).await?;
    }
    anyhow::ensure!(counts == format!("done={size}"), "after the restart the store says {counts}");
    say(&format!("{size} devices are back after a restart"))?;
    client.disconnect().await?;
    ours.end().await
}
