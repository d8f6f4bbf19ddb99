//! An action on a collection of many devices: from the request to its push tasks on the site's disk.
//!
//! The programs are the real ones and every device is enrolled by the site authority; only the management point's TLS is
//! left out, which would make most of the time before the benchmark begins and none of what it measures.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use action::{ActionKind, OfflinePolicy, TaskGuid};
use anyhow::{Context as _, bail, ensure};
use authority_link::{Answer, Call, Codec, Facts, Role};
use console_api::{Kind, NewAction, NewTarget};
use e2e::{World, WorldOptions};
use proof::JoinToken;
use service::{
    call::{Caller, Calls, Endpoint},
    clock,
};
use site_store::{DeviceFacts, NewDevice, SiteStore};
use tokio::time::Instant;

use crate::figures::{Times, millis};

/// `cargo xtask bench collection`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Devices in the collection; more sizes are reached one after the other
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    devices: Vec<usize>,
    /// Actions on each size; the median is the figure
    #[arg(long, default_value_t = 5)]
    actions: usize,
}

/// The collection of all devices of a site.
const ALL: &str = "SMS00001";
/// How often the benchmark looks whether the push tasks are stored: this is how exact a figure is.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How long anything may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Enrolments that are on their way to the authority at once; it does one after the other.
pub(crate) const AT_ONCE: usize = 32;

/// Runs the benchmark.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let world = World::start(WorldOptions { throttle: (0, 0), ..WorldOptions::default() }).await;
    let store = open(&world.site.folder).await?;
    let mut sizes = options.devices.clone();
    sizes.sort_unstable();
    let mut devices = 0;
    for size in sizes {
        let start = Instant::now();
        enrol(&world, &store, devices, size).await?;
        devices = size;
        until("the console shows all devices", async || {
            let sites = world.client.sites().await.ok()?;
            sites.iter().any(|site| site.devices == size as u64).then_some(())
        })
        .await?;
        writeln!(out, "{size} devices enrolled and shown by the console after {}", millis(start.elapsed()))?;
        let (mut stored, mut shown) = (Vec::new(), Vec::new());
        for _ in 0..options.actions {
            let times = one_action(&world, &store, size).await?;
            stored.push(times.0);
            shown.push(times.1);
        }
        let (stored, shown) = (Times::of(stored), Times::of(shown));
        writeln!(
            out,
            "{size} devices: request to push tasks on disk p50 {}, slowest {}; the console knows of all queued p50 {}",
            millis(stored.percentile(50)),
            millis(stored.percentile(100)),
            millis(shown.percentile(50)),
        )?;
    }
    Ok(())
}

/// Returns the time until all push tasks were stored, and until the console counted them.
async fn one_action(world: &World, store: &SiteStore, size: usize) -> anyhow::Result<(Duration, Duration)> {
    let site = world.client.sites().await?.first().context("no site is attached")?.id;
    let task_guid = TaskGuid(uuid::Uuid::new_v4());
    let new = NewAction {
        kind: Kind(ActionKind::PROBE),
        target: NewTarget::Collection { site, collection: ALL.to_owned(), at_most: Some(size as u64) },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: Some(OfflinePolicy::Queue),
        task_guid: Some(task_guid),
    };
    let signed = world.signed(&new).await;
    let start = Instant::now();
    world.client.create_signed(&signed, &task_guid.to_string()).await?;
    let message =
        until("the push tasks are stored", async || store.push_message(task_guid).await.ok()?).await?;
    let stored = start.elapsed();
    ensure!(message.targets == size as u64, "{} push tasks were stored, not {size}", message.targets);
    let action = until("the console counts all", async || {
        let action = world.client.action(task_guid).await.ok()?;
        let queued: u64 = ["queued", "sent"].iter().filter_map(|state| action.counts.get(*state)).sum();
        (queued == size as u64 || action.state.is_concluded()).then_some(action)
    })
    .await?;
    let shown = start.elapsed();
    ensure!(!action.state.is_concluded(), "the action ended as {}", action.state.name());
    Ok((stored, shown))
}

/// Looks until there is what it waits for.
async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> anyhow::Result<T> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(found) = look().await {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("gave up after {} s: {what}", PATIENCE.as_secs())
}

async fn open(folder: &Path) -> anyhow::Result<SiteStore> {
    let db = database::Db::open(&format!("sqlite:{}", folder.join("site.db").display())).await?;
    Ok(SiteStore::open(db).await?)
}

/// Speaks to the site authority.
pub(crate) struct Link;

/// Makes a caller of the authority at `socket` that speaks for a role.
pub(crate) fn caller(socket: PathBuf, role: Role) -> Arc<Caller<Link>> {
    Arc::new(Caller::new(Endpoint::Unix(socket), Call::Introduce { role }))
}

impl Calls for Link {
    type Call = Call;
    type Answer = Answer;

    const LARGEST_FRAME: usize = authority_link::LARGEST_FRAME;

    fn encode(number: u64, call: &Call) -> Vec<u8> {
        Codec::encode(number, call)
    }

    fn decode(frame: &[u8]) -> Result<(u64, Answer), String> {
        Codec::decode(frame)
    }

    fn refused(answer: &Answer) -> Option<String> {
        Codec::refused(answer)
    }
}

/// Enrols the devices of these numbers.
async fn enrol(world: &World, store: &SiteStore, from: usize, upto: usize) -> anyhow::Result<()> {
    let uses = (upto - from).to_string();
    let create = ["join-token", "create", "--url", "https://127.0.0.1:8443", "--uses", &uses];
    let token: JoinToken = world.site.tenon(&create).trim().parse()?;
    let authority = caller(world.site.folder.join("authority.sock"), Role::ManagementPoint);
    for begin in (from..upto).step_by(AT_ONCE) {
        let calls = (begin..upto.min(begin + AT_ONCE)).map(async |number| {
            let facts = facts(number);
            // A key of its own: a device with a known key is that device, enrolled anew.
            let csr = service::tls::key_and_csr()?.csr_pem;
            let call = Call::Enrol {
                token: token.id.clone(),
                secret: token.secret.text(),
                csr,
                facts: facts.clone(),
            };
            match authority.call(call).await? {
                Answer::Enrolled(enrolled) => Ok((enrolled, facts)),
                _ => bail!("the authority did not enrol device {number}"),
            }
        });
        for enrolled in futures_util::future::join_all(calls).await {
            let (enrolled, facts) = enrolled?;
            let new = NewDevice {
                device: enrolled.device,
                enrolment: enrolled.enrolment,
                resource: enrolled.resource,
                facts: device_facts(facts),
            };
            store.put_device(&new, clock::now()).await?;
        }
    }
    Ok(())
}

pub(crate) fn facts(number: usize) -> Facts {
    Facts {
        name: format!("bench-{number:06}"),
        os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        os_version: "12".to_owned(),
        architecture: "x86_64".to_owned(),
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        hardware: format!("{number:064x}"),
    }
}

pub(crate) fn device_facts(facts: Facts) -> DeviceFacts {
    let Facts { name, os, os_version, architecture, client_version, hardware } = facts;
    DeviceFacts { name, os, os_version, architecture, client_version, hardware, ..DeviceFacts::default() }
}
