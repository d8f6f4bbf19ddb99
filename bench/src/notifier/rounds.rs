//! The rounds: every server in turn, each started anew, with the same devices.

use std::{io::Write as _, path::PathBuf, sync::Arc, time::Duration};

use rustls::ClientConfig;
use service::clock;
use site_store::SiteStore;
use tempfile::TempDir;
use testkit::postgres::{self, Durability};
use tokio::time::{Instant, sleep};

use super::{
    Options,
    certificates::{Identity, ServerFiles, client_configs},
    client::{Client, Mqtt, Nats, Speech, Tenon, TenonDevice},
    large,
    ours::Ours,
    peers::{Mosquitto, NatsServer, Storage},
    process,
    results::{Metric, Place, Results, Server, Spread},
    site::Site,
};

/// How long a server is left alone before what it has used or holds is read.
const SETTLE: Duration = Duration::from_secs(1);
/// How long a push may take.
const PUSH_WITHIN: Duration = Duration::from_secs(180);

/// What all rounds use.
pub(super) struct Bench {
    options: Plan,
    files: TempDir,
    pub(super) site: Site,
    server_files: ServerFiles,
    postgres: Option<postgres::Server>,
    stores: Vec<(Server, String, usize)>,
}

/// What is to be done.
struct Plan {
    devices: Vec<usize>,
    rounds: usize,
    pushes: usize,
    consumers: usize,
    large: usize,
    idle: Duration,
    only: Option<String>,
}

/// Servers that are measured in turn.
const IN_TURN: &[Server] =
    &[Server::Sqlite, Server::Postgres, Server::Mosquitto, Server::Nats, Server::JetStream];
/// Where each device has a durable consumer.
const CONSUMERS: &[Server] = &[Server::Consumers, Server::Sqlite];
/// As many devices as one process holds.
const LARGE: &[Server] = &[Server::Sqlite];

impl Plan {
    /// Returns what is measured, with fewer devices first: an action is for all devices that are enrolled by then.
    fn parts(&self) -> Vec<(usize, &'static [Server])> {
        let mut parts: Vec<(usize, &'static [Server])> =
            self.devices.iter().map(|size| (*size, IN_TURN)).collect();
        for (size, part) in [(self.consumers, CONSUMERS), (self.large, LARGE)] {
            if size > 0 {
                parts.push((size, part));
            }
        }
        parts.sort_by_key(|(size, _)| *size);
        parts
    }
}

/// What a server is while it is measured.
pub(super) struct Watched {
    pids: Vec<u32>,
    empty: u64,
}

impl Watched {
    pub(super) fn new(pid: u32) -> anyhow::Result<Self> {
        let pids = vec![pid];
        Ok(Self { empty: process::resident(&pids)?, pids })
    }

    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        process::cpu(&self.pids)
    }
}

impl Bench {
    pub(super) async fn start(options: &Options) -> anyhow::Result<Self> {
        let files = tempfile::Builder::new().prefix("tenon-bench-").tempdir()?;
        let site = Site::start(files.path()).await?;
        let server_files = ServerFiles::make(files.path(), &site.ca_pem)?;
        Ok(Self {
            options: Plan {
                devices: options.devices.clone(),
                rounds: options.rounds,
                pushes: options.pushes,
                consumers: options.consumers,
                large: options.large,
                idle: Duration::from_secs(options.idle_seconds),
                only: options.only.clone(),
            },
            site,
            server_files,
            postgres: None,
            stores: Vec::new(),
            files,
        })
    }

    pub(super) async fn run(&mut self, results: &mut Results) -> anyhow::Result<()> {
        for (size, part) in self.options.parts() {
            if part.first().is_none_or(|last| !self.wants(*last)) && part.len() < 3 {
                continue;
            }
            self.prepare(size).await?;
            if let [Server::Sqlite] = part {
                large::run(self, size, results).await?;
                continue;
            }
            for round in 1..=self.options.rounds {
                for server in part {
                    self.one(*server, size, round, results).await?;
                }
            }
        }
        Ok(())
    }

    /// Ends what was started; all else ends when it is dropped.
    pub(super) async fn end(self) {
        let postgres = self.postgres;
        // Waits for its end, which must not hold up the others.
        let _ = tokio::task::spawn_blocking(move || drop(postgres)).await;
    }

    fn wants(&self, server: Server) -> bool {
        self.options
            .only
            .as_ref()
            .is_none_or(|only| server.name().to_lowercase().contains(&only.to_lowercase()))
    }

    pub(super) fn idle(&self) -> Duration {
        self.options.idle
    }

    /// Enrols devices, and puts them into the stores.
    async fn prepare(&mut self, size: usize) -> anyhow::Result<()> {
        let began = Instant::now();
        self.site.enrol(size).await?;
        for server in [Server::Sqlite, Server::Postgres] {
            if self.wants(server) {
                self.fill(server, size).await?;
            }
        }
        say(&format!("{size} devices are ready after {:.1} s", began.elapsed().as_secs_f64()))
    }

    /// Makes the store of a server, and puts the devices that it does not have into it.
    async fn fill(&mut self, server: Server, size: usize) -> anyhow::Result<()> {
        let at = match self.stores.iter().position(|(of, ..)| *of == server) {
            Some(at) => at,
            None => {
                let url = self.make_store(server).await?;
                self.stores.push((server, url, 0));
                self.stores.len() - 1
            }
        };
        let Some((_, url, filled)) = self.stores.get_mut(at) else { return Ok(()) };
        if *filled < size {
            let store = SiteStore::open(database::Db::open(url).await?).await?;
            self.site.put_into(&store, *filled).await?;
            *filled = self.site.devices.len();
        }
        Ok(())
    }

    async fn make_store(&mut self, server: Server) -> anyhow::Result<String> {
        if server == Server::Sqlite {
            return Ok(format!("sqlite:{}", self.files.path().join("bench.db").display()));
        }
        let started = tokio::task::spawn_blocking(|| postgres::Server::start(Durability::Full)).await?;
        Ok(self.postgres.insert(started).database().await)
    }

    pub(super) fn identities(&self, size: usize) -> Vec<Identity> {
        self.site.devices.iter().take(size).map(|device| device.identity.clone()).collect()
    }

    pub(super) fn configs(&self, size: usize) -> anyhow::Result<Vec<Arc<ClientConfig>>> {
        client_configs(&self.identities(size))
    }

    /// Starts Tenon's server on its store.
    pub(super) async fn ours(&self, server: Server) -> anyhow::Result<Ours> {
        let url = self.stores.iter().find(|(of, ..)| *of == server).map(|(_, url, _)| url.as_str());
        let name = if server == Server::Sqlite { "sqlite" } else { "postgres" };
        Ours::start(&self.site, url.unwrap_or_default(), name, self.files.path()).await
    }

    /// Measures one server once.
    async fn one(
        &mut self,
        server: Server,
        size: usize,
        round: usize,
        results: &mut Results,
    ) -> anyhow::Result<()> {
        if !self.wants(server) {
            return Ok(());
        }
        let began = Instant::now();
        let place = (size, server);
        let folder = self.files.path().join(format!("{server:?}-{size}-{round}"));
        std::fs::create_dir_all(&folder)?;
        match server {
            Server::Sqlite | Server::Postgres => self.measure_ours(place, results).await?,
            Server::Mosquitto => self.measure_mosquitto(place, folder, results).await?,
            Server::Nats => self.measure_nats(place, folder, Storage::None, results).await?,
            Server::JetStream => self.measure_nats(place, folder, Storage::Stream, results).await?,
            Server::Consumers => self.measure_nats(place, folder, Storage::Consumers, results).await?,
        }
        say(&format!(
            "{size} devices, round {round}, {}: {:.1} s",
            server.name(),
            began.elapsed().as_secs_f64()
        ))
    }

    async fn measure_ours(&mut self, place: Place, results: &mut Results) -> anyhow::Result<()> {
        let (size, server) = place;
        let mut ours = self.ours(server).await?;
        let watched = Watched::new(ours.pid())?;
        let database = self.postgres.as_ref().filter(|_| server == Server::Postgres).map(postmaster);
        let identities = self.identities(size);
        let speech = |number: usize| {
            let identity = &identities[number];
            Tenon::new(TenonDevice::new(identity.device, identity.enrolment))
        };
        let mut client = Client::new(self.configs(size)?);
        connect(&mut client, ours.address, place, &watched, Metric::Connect, results, speech).await?;
        let (mut times, mut costs, mut database_costs) = (Vec::new(), Vec::new(), Vec::new());
        for push in 1..=self.options.pushes {
            let task_guid = ours.prepare(size).await?;
            sleep(SETTLE / 4).await;
            let (cpu, database_cpu) = (watched.cpu()?, database_cpu(database)?);
            let pushed = ours.push().await?;
            let all = |tally: &super::client::Tally| tally.confirmed() >= size * push;
            client.until("all answers are stored", PUSH_WITHIN, all).await?;
            times.push(client.tally.last_confirmed().saturating_sub(pushed.began).as_secs_f64() * 1e3);
            sleep(SETTLE / 4).await;
            costs.push(micros(watched.cpu()?.saturating_sub(cpu), size));
            database_costs.push(micros(database_cpu_since(database, database_cpu)?, size));
            let counts = ours.counts(&task_guid).await?;
            anyhow::ensure!(counts == format!("done={size}"), "{} answers were to be stored: {counts}", size);
        }
        if database.is_some() {
            add_median(results, place, Metric::DatabaseTask, &database_costs);
        }
        pushed(results, place, size, &times, &costs);
        memory(results, place, &watched).await?;
        client.disconnect().await?;
        sleep(SETTLE).await;
        let identities = self.identities(size);
        let speech = |number: usize| {
            let identity = &identities[number];
            Tenon::new(TenonDevice::new(identity.device, identity.enrolment))
        };
        connect(&mut client, ours.address, place, &watched, Metric::Resumed, results, speech).await?;
        client.disconnect().await?;
        ours.end().await
    }

    async fn measure_mosquitto(
        &self,
        place: Place,
        folder: PathBuf,
        results: &mut Results,
    ) -> anyhow::Result<()> {
        let configs = self.configs(place.0)?;
        let admin = self.configs(1)?;
        let Some(admin) = admin.first() else { return Ok(()) };
        let mut broker = Mosquitto::start(&folder, &self.server_files, admin).await?;
        let watched = Watched::new(broker.program.id())?;
        let mut client = Client::new(configs);
        connect(&mut client, broker.address, place, &watched, Metric::Connect, results, Mqtt::new).await?;
        let (mut times, mut costs) = (Vec::new(), Vec::new());
        for _ in 0..self.options.pushes {
            let cpu = watched.cpu()?;
            times.push(broker.push(place.0).await?.as_secs_f64() * 1e3);
            sleep(SETTLE / 4).await;
            costs.push(micros(watched.cpu()?.saturating_sub(cpu), place.0));
        }
        pushed(results, place, place.0, &times, &costs);
        memory(results, place, &watched).await?;
        client.disconnect().await?;
        sleep(SETTLE).await;
        connect(&mut client, broker.address, place, &watched, Metric::Resumed, results, Mqtt::new).await?;
        client.disconnect().await
    }

    async fn measure_nats(
        &self,
        place: Place,
        folder: PathBuf,
        storage: Storage,
        results: &mut Results,
    ) -> anyhow::Result<()> {
        let configs = self.configs(place.0)?;
        let admin = self.configs(1)?;
        let Some(admin) = admin.first() else { return Ok(()) };
        let mut broker = NatsServer::start(&folder, &self.server_files, admin, storage).await?;
        let watched = Watched::new(broker.program.id())?;
        let prefix = if storage == Storage::Consumers { 'd' } else { 't' };
        let speech = |number| Nats::new(number, prefix);
        let mut client = Client::new(configs);
        connect(&mut client, broker.address, place, &watched, Metric::Connect, results, speech).await?;
        if storage == Storage::Consumers {
            broker.make_consumers(place.0).await?;
        }
        let (mut times, mut costs) = (Vec::new(), Vec::new());
        for _ in 0..self.options.pushes {
            let cpu = watched.cpu()?;
            times.push(broker.push(place.0).await?.as_secs_f64() * 1e3);
            sleep(SETTLE / 4).await;
            costs.push(micros(watched.cpu()?.saturating_sub(cpu), place.0));
        }
        pushed(results, place, place.0, &times, &costs);
        memory(results, place, &watched).await?;
        client.disconnect().await?;
        sleep(SETTLE).await;
        connect(&mut client, broker.address, place, &watched, Metric::Resumed, results, speech).await?;
        client.disconnect().await
    }
}

/// Connects all devices, and takes what it costs the server.
async fn connect<S: Speech>(
    client: &mut Client,
    address: std::net::SocketAddr,
    place: Place,
    watched: &Watched,
    metric: Metric,
    results: &mut Results,
    speech: impl Fn(usize) -> S,
) -> anyhow::Result<()> {
    let (size, _) = place;
    let cpu = watched.cpu()?;
    let took = client.connect(address, size, false, speech).await?;
    sleep(SETTLE).await;
    results.add(place, metric, micros(watched.cpu()?.saturating_sub(cpu), size));
    if metric == Metric::Connect {
        results.add(place, Metric::ConnectRate, float(size) / took.as_secs_f64());
    } else {
        let resumed = client.tally.resumed();
        anyhow::ensure!(resumed * 100 >= size * 99, "only {resumed} of {size} connections resumed a session");
    }
    Ok(())
}

fn pushed(results: &mut Results, place: Place, size: usize, times: &[f64], costs: &[f64]) {
    if let Some(spread) = Spread::of(times) {
        results.add(place, Metric::Push, spread.median);
        results.add(place, Metric::PushRate, float(size) / spread.median * 1e3);
    }
    add_median(results, place, Metric::Task, costs);
}

fn add_median(results: &mut Results, place: Place, metric: Metric, values: &[f64]) {
    if let Some(spread) = Spread::of(values) {
        results.add(place, metric, spread.median);
    }
}

pub(super) async fn memory(results: &mut Results, place: Place, watched: &Watched) -> anyhow::Result<()> {
    sleep(SETTLE).await;
    let resident = process::resident(&watched.pids)?;
    let size = float(place.0);
    results.add(place, Metric::Memory, bytes(resident) / size);
    results.add(place, Metric::MemoryAdded, bytes(resident.saturating_sub(watched.empty)) / size);
    Ok(())
}

/// Returns the process id of the database server's first process.
fn postmaster(server: &postgres::Server) -> u32 {
    let text = std::fs::read_to_string(server.folder().join("data/postmaster.pid")).unwrap_or_default();
    text.lines().next().and_then(|pid| pid.trim().parse().ok()).unwrap_or_default()
}

/// Returns what each process of the database has used.
fn database_cpu(postmaster: Option<u32>) -> anyhow::Result<Vec<(u32, Duration)>> {
    let Some(postmaster) = postmaster else { return Ok(Vec::new()) };
    // One that ends in between is not counted.
    Ok(process::children(postmaster)
        .into_iter()
        .filter_map(|pid| Some((pid, process::cpu(&[pid]).ok()?)))
        .collect())
}

fn database_cpu_since(postmaster: Option<u32>, before: Vec<(u32, Duration)>) -> anyhow::Result<Duration> {
    let before_of =
        |pid: u32| before.iter().find(|(of, _)| *of == pid).map_or(Duration::ZERO, |(_, cpu)| *cpu);
    let now = database_cpu(postmaster)?;
    Ok(now.iter().map(|(pid, cpu)| cpu.saturating_sub(before_of(*pid))).sum())
}

pub(super) fn micros(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e6 / float(count)
}

pub(super) fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a process are far below 2^53")]
fn bytes(bytes: u64) -> f64 {
    bytes as f64
}

/// Says how far it is, with the time of day of the machine's clock.
pub(super) fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "[{:>6} s] {line}", clock::boot().as_secs() % 1_000_000)?;
    Ok(())
}
