//! What a decision costs the site authority where the site is large: an action for a collection of 100,000 devices, among
//! 50 roles, 1,000 assignments and 500 collections; and what it costs that devices change what collections ask for.
//!
//! The authority is the real one, called over its socket as the site's other roles call it; every decision is on disk
//! before it is answered. Only the devices are written into its store directly: they enrolled at some time.

use std::{io::Write as _, path::Path, time::Duration};

use action::{ActionKind, ConsoleId, DeviceId, OfflinePolicy, SiteId, Targets, TaskGuid, TenantId, UserId};
use anyhow::{Context as _, bail};
use authority_link::{
    Answer, Call, Decision, FACTS_PAGE, Facts, OwnerAnswer, OwnerCall, PAGE, ProofCall, Role, ScopeCall,
    Vouch,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use database::{Db, Statement, args};
use proof::{
    Request,
    request::{Params, RequestKind},
};
use service::{
    call::Caller,
    clock,
    log::{Component, ComponentLog},
    running::Running,
    shutdown::Shutdown,
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    collection::{Link, caller},
    figures::{Times, millis},
};

/// `cargo xtask bench authorise`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many devices
    #[arg(long, default_value_t = 100_000)]
    devices: u64,
    /// How often each question is asked
    #[arg(long, default_value_t = 40)]
    rounds: usize,
}

/// The site's rules: with the three roles that every site has, 50 roles; with that of all devices, 500 collections.
const OWN_ROLES: usize = 47;
const OWN_COLLECTIONS: usize = 499;
const ASSIGNMENTS: usize = 1_000;
/// Each collection carries one of them.
const SCOPES: usize = 5;
/// Each person holds this many roles.
const ROLES_HELD: usize = 4;
/// And each role on this many collections.
const COLLECTIONS_HELD: usize = 50;

/// The targets: a decision; 1,000 devices that changed.
const DECISION: Duration = Duration::from_millis(20);
const CHANGE: Duration = Duration::from_millis(200);

/// The collection of all devices.
const ALL: &str = "SMS00001";

/// Runs the benchmark.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let place = tempfile::tempdir()?;
    let socket = place.path().join("authority.sock");
    let running = start(place.path()).await?;
    let site = make_rules(&caller(socket.clone(), Role::Owner)).await?;
    stop(running).await?;
    fill(place.path(), options.devices).await?;
    let begun = Instant::now();
    let running = start(place.path()).await?;
    writeln!(
        out,
        "{} devices, {} roles, {ASSIGNMENTS} assignments, {} collections; loaded in {}",
        options.devices,
        OWN_ROLES + 3,
        OWN_COLLECTIONS + 1,
        millis(begun.elapsed())
    )?;

    let connector = caller(socket.clone(), Role::Connector);
    let asking = Asking { site, devices: options.devices };
    let mut decisions = Vec::new();
    let mut last = TaskGuid(Uuid::nil());
    for _ in 0..options.rounds {
        last = TaskGuid(Uuid::new_v4());
        decisions.push(asking.decide(&connector, last).await?);
    }
    tell(&mut out, "an action for all devices, decided and on disk", decisions, Some(DECISION))?;
    let mut dry_runs = Vec::new();
    for _ in 0..options.rounds {
        dry_runs.push(asking.dry_run(&connector).await?);
    }
    tell(&mut out, "the same as a dry run", dry_runs, Some(DECISION))?;

    let notifier = caller(socket.clone(), Role::Notifier);
    let page: Vec<DeviceId> = (0..options.devices).take(PAGE).map(device).collect();
    let mut releases = Vec::new();
    for _ in 0..options.rounds.min(10) {
        releases.push(release(&notifier, last, &page).await?);
    }
    tell(
        &mut out,
        &format!("a push to {} of them, authorised again and signed", page.len()),
        releases,
        None,
    )?;

    let management_point = caller(socket, Role::ManagementPoint);
    for count in [FACTS_PAGE / 10, FACTS_PAGE] {
        let mut changes = Vec::new();
        for round in 0..options.rounds {
            changes.push(change(&management_point, options.devices, count, round).await?);
        }
        let target = (count == FACTS_PAGE).then_some(CHANGE);
        tell(&mut out, &format!("{count} devices changed, in all collections and on disk"), changes, target)?;
    }
    stop(running).await
}

fn tell(
    out: &mut std::io::Stdout,
    what: &str,
    times: Vec<Duration>,
    target: Option<Duration>,
) -> anyhow::Result<()> {
    let times = Times::of(times);
    let p95 = times.percentile(95);
    let verdict = match target {
        Some(target) if p95 <= target => format!(", within {}", millis(target)),
        Some(target) => format!(", above {}", millis(target)),
        None => String::new(),
    };
    writeln!(out, "  {what}: p50 {}, p95 {}{verdict}", millis(times.percentile(50)), millis(p95))?;
    Ok(())
}

pub(crate) async fn start(place: &Path) -> anyhow::Result<Running> {
    let config = authority::Config {
        folder: place.join("authority"),
        socket: place.join("authority.sock"),
        database_url: format!("sqlite:{}", database_file(place)),
        site_name: "Bench".to_owned(),
        keep_alive_seconds: 240,
        notification_servers: vec!["127.0.0.1:10123".to_owned()],
        management_points: vec!["https://127.0.0.1:8443".to_owned()],
        role_users: Vec::new(),
        metrics: service::metrics::Metrics::new(),
    };
    let (log, _) = ComponentLog::memory(Component::AUTHORITY);
    Ok(authority::start(config, log, Shutdown::new()).await?)
}

pub(crate) async fn stop(running: Running) -> anyhow::Result<()> {
    running.shutdown().begin();
    Ok(running.join().await?)
}

fn database_file(place: &Path) -> String {
    place.join("authority.db").display().to_string()
}

/// Makes roles, collections and assignments as an owner would; returns the site.
async fn make_rules(owner: &Caller<Link>) -> anyhow::Result<SiteId> {
    let site = match ask(owner, OwnerCall::Status).await? {
        OwnerAnswer::Status { site, .. } => site,
        other => bail!("the authority answered {}", name_of(&other)),
    };
    for number in 0..OWN_ROLES {
        // Half of the roles can act, the others only read.
        let mut permissions = vec!["Collection / Read".to_owned(), "Collection / Read Resource".to_owned()];
        if number % 2 == 0 {
            permissions.push("Collection / Notify Resource".to_owned());
        }
        ask(owner, OwnerCall::PutRole { name: role(number), permissions }).await?;
    }
    for number in 0..SCOPES {
        let put = ScopeCall::Put { name: scope(number), description: String::new() };
        ask(owner, OwnerCall::Scopes { call: put }).await?;
    }
    let mut collections = vec![ALL.to_owned()];
    for number in 0..OWN_COLLECTIONS {
        let call = OwnerCall::PutCollection {
            name: format!("collection {number:03}"),
            query: Some(query(number)),
            members: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            limited_to: None,
        };
        let id = match ask(owner, call).await? {
            OwnerAnswer::Collection { id } => id,
            other => bail!("the authority answered {}", name_of(&other)),
        };
        let carried = ScopeCall::Carry { collection: id.clone(), scopes: vec![scope(number % SCOPES)] };
        ask(owner, OwnerCall::Scopes { call: carried }).await?;
        collections.push(id);
    }
    for number in 0..ASSIGNMENTS {
        let person = number / ROLES_HELD;
        // Of each person's roles the first is held on all devices.
        let mut held: Vec<String> = (0..COLLECTIONS_HELD)
            .filter_map(|step| collections.get((number * 7 + step * 11) % collections.len()).cloned())
            .collect();
        if number % ROLES_HELD == 0 {
            held.push(ALL.to_owned());
        }
        let call = OwnerCall::Assign {
            user: user(person),
            name: format!("person {person}"),
            role: role(number % OWN_ROLES),
            collections: held,
            // Every third is limited to a scope, which a fifth of the collections carry.
            scopes: if number % 3 == 1 { vec![scope(number % SCOPES)] } else { Vec::new() },
        };
        ask(owner, call).await?;
    }
    // Nobody signs here: that costs one verification more, which is no part of what the rules cost.
    let grant = ProofCall::PutGrant {
        user: user(0),
        name: "person 0".to_owned(),
        token: None,
        collection: ALL.to_owned(),
        per_hour: 10_000,
        valid_seconds: 3_600,
    };
    ask(owner, OwnerCall::Proofs { call: Box::new(grant) }).await?;
    Ok(site)
}

/// Queries of several shapes, as an owner writes them: by name, by system, by version, and by several of these.
fn query(number: usize) -> String {
    match number % 4 {
        0 => format!("name startsWith \"shop-{:03}\"", number % 400),
        1 => format!("os contains \"Debian\" and name startsWith \"shop-{:02}\"", number % 40),
        2 => {
            format!("client_version = \"0.{}.0\" and not name endsWith \"-{:02}\"", number % 5, number % 100)
        }
        _ => format!("os_version in (\"11\", \"12\") or name contains \"till-{:02}\"", number % 25),
    }
}

fn role(number: usize) -> String {
    format!("role {number:02}")
}

fn scope(number: usize) -> String {
    format!("scope {number}")
}

fn user(number: usize) -> UserId {
    UserId(Uuid::from_u128(0x7000_0000 + number as u128))
}

pub(crate) fn device(number: u64) -> DeviceId {
    DeviceId(Uuid::from_u128((u128::from(number) << 64) | u128::from(number * 7919)))
}

pub(crate) fn facts(number: u64, round: usize) -> Facts {
    Facts {
        name: format!("shop-{:03}-till-{:03}-{round:02}", number / 250, number % 250),
        os: ["Debian GNU/Linux 12 (bookworm)", "Ubuntu 24.04 LTS"][usize::from(number.is_multiple_of(3))]
            .to_owned(),
        os_version: "12".to_owned(),
        architecture: "x86_64".to_owned(),
        client_version: format!("0.{}.0", (number + round as u64) % 5),
        hardware: format!("{number:064x}"),
    }
}

async fn ask(owner: &Caller<Link>, call: OwnerCall) -> anyhow::Result<OwnerAnswer> {
    match owner.call(Call::Owner { owner: call }).await? {
        Answer::Owner(told) => match *told {
            OwnerAnswer::NotValid { what, .. } => bail!("the authority refused: {what}"),
            told => Ok(told),
        },
        _ => bail!("the authority did not answer its owner"),
    }
}

fn name_of(answer: &OwnerAnswer) -> String {
    let value = serde_json::to_value(answer).unwrap_or_default();
    value.get("told").and_then(|told| told.as_str()).unwrap_or("something else").to_owned()
}

const DEVICES: Statement = Statement::both(
    "INSERT INTO device (device, enrolment, resource, key_sha256, serial, facts, revoked, changed, enrolled_at)
     SELECT value ->> 'device', value ->> 'device', value ->> 'resource', value ->> 'key', value ->> 'key',
            value ->> 'facts', 0, 0, 0 FROM json_each($1)",
);

#[derive(serde::Serialize)]
struct Row {
    device: DeviceId,
    resource: u64,
    key: String,
    facts: String,
}

/// Writes devices into the authority's store, as their enrolments would have left them.
pub(crate) async fn fill(place: &Path, devices: u64) -> anyhow::Result<()> {
    let db = Db::open(&format!("sqlite:{}", database_file(place))).await?;
    let numbers: Vec<u64> = (0..devices).collect();
    for page in numbers.chunks(PAGE) {
        let rows: Vec<Row> = page
            .iter()
            .map(|&number| Row {
                device: device(number),
                resource: number + 1,
                key: format!("{number:064x}"),
                facts: serde_json::to_string(&facts(number, 0)).unwrap_or_default(),
            })
            .collect();
        db.write(&DEVICES, args![].set(&rows)).await?;
    }
    db.close().await;
    Ok(())
}

/// Who asks, and of what.
struct Asking {
    site: SiteId,
    devices: u64,
}

impl Asking {
    fn request(&self, id: TaskGuid) -> String {
        let (now, console) = (clock::now(), ConsoleId(Uuid::from_u128(7)));
        let request = Request {
            v: Request::VERSION,
            id,
            iss: Request::vouched_by(console),
            sub: user(0),
            idh: String::new(),
            jkt: String::new(),
            tenant: TenantId(Uuid::from_u128(8)),
            site: self.site,
            console,
            kind: RequestKind::DeviceAction,
            params: Params { task_type: ActionKind::MACHINE_POLICY.0, task_param: String::new() },
            targets: Targets::Collection { collection: ALL.to_owned(), version: 0, at_most: self.devices },
            iat: now,
            exp: now.plus(Duration::from_hours(1)),
            deliver_by: now.plus(Duration::from_hours(1)),
            finish_within: 3_600,
            offline: OfflinePolicy::Queue,
            site_nonce: String::new(),
        };
        BASE64_STANDARD.encode(request.encode())
    }

    async fn decide(&self, connector: &Caller<Link>, id: TaskGuid) -> anyhow::Result<Duration> {
        let call = Call::Decide { request: self.request(id), vouch: vouch() };
        let start = Instant::now();
        match connector.call(call).await? {
            Answer::Decision { decision: Decision::Allowed(allowed), .. }
                if allowed.count == self.devices =>
            {
                Ok(start.elapsed())
            }
            other => bail!("the authority did not allow it: {other:?}"),
        }
    }

    async fn dry_run(&self, connector: &Caller<Link>) -> anyhow::Result<Duration> {
        let request = self.request(TaskGuid(Uuid::new_v4()));
        let call = Call::DryRun { request, vouch: vouch(), online: Vec::new(), forecast: None };
        let start = Instant::now();
        match connector.call(call).await? {
            Answer::DryRun(dry_run) if dry_run.count == self.devices => Ok(start.elapsed()),
            other => bail!("the authority would not allow it: {other:?}"),
        }
    }
}

fn vouch() -> Vouch {
    Vouch { user: user(0), name: "person 0".to_owned() }
}

async fn release(
    notifier: &Caller<Link>,
    task_guid: TaskGuid,
    page: &[DeviceId],
) -> anyhow::Result<Duration> {
    let call = Call::Release { task_guid, devices: page.to_vec(), results: None };
    let start = Instant::now();
    match notifier.call(call).await? {
        Answer::Released(released) if released.devices.len() == page.len() => Ok(start.elapsed()),
        other => bail!("the authority did not release it: {other:?}"),
    }
}

/// Has some devices say something else of themselves: which collections hold them changes with it.
async fn change(
    management_point: &Caller<Link>,
    devices: u64,
    count: usize,
    round: usize,
) -> anyhow::Result<Duration> {
    let step = devices / u64::try_from(count)?;
    let step = if step == 0 { bail!("too few devices") } else { step };
    let facts = (0..devices)
        .step_by(usize::try_from(step)?)
        .take(count)
        .map(|number| (device(number), facts(number, round + 1)));
    let call = Call::PutFacts { facts: facts.collect() };
    let start = Instant::now();
    match management_point.call(call).await.context("the authority did not take the facts")? {
        Answer::Done => Ok(start.elapsed()),
        other => bail!("the authority did not take the facts: {other:?}"),
    }
}
