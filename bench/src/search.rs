//! Finding devices among a million, on both databases: the first rows of every order, and searches for texts that few,
//! some, many and no devices have, through the console's own API.

use std::{io::Write as _, path::Path, time::Duration};

use action::SiteId;
use anyhow::Context as _;
use console::{Config, admin};
use console_api::{Client, ClientOptions, DeviceQuery, OnlineStatus, Setup};
use database::{Db, Engine, Statement, args};
use service::{
    log::{Component, ComponentLog},
    shutdown::Shutdown,
};
use testkit::postgres::{Durability, Server};
use tokio::time::Instant;

use crate::figures::{Times, millis};

/// `cargo xtask bench search`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many devices
    #[arg(long, default_value_t = 1_000_000)]
    devices: u64,
    /// How often each question is asked
    #[arg(long, default_value_t = 40)]
    rounds: usize,
}

/// The targets: first rows; a search; a search for what more than a tenth of the devices have.
const FIRST_ROWS: Duration = Duration::from_millis(50);
const SEARCH: Duration = Duration::from_millis(150);
const COMMON: Duration = Duration::from_millis(300);

const PASSWORD: &str = "a password for benchmarks";

/// Rows of the question, not of the device: what is asked, and how many of the devices have it, in words.
const SEARCHES: [(&str, &str); 12] = [
    ("shop-2718-till-182", "one device, by its name"),
    ("sn00a3c1f", "one device, by its serial number"),
    ("10.15.66.64", "one device, by its address"),
    ("user3141", "a few, by their user"),
    ("shop-0412", "250, by a part of the name"),
    ("shop-3999", "250, the last of the order"),
    ("till-007", "1 of 250"),
    ("pilot", "1 of 100, by a tag"),
    ("shop-39", "1 of 40, the last of the order"),
    ("till", "all"),
    ("-till-1", "4 of 10"),
    ("shop-9zz", "none, of common letters"),
];

/// Shares above a tenth.
const COMMON_SEARCHES: [&str; 2] = ["till", "-till-1"];

/// Runs the benchmark.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let sqlite = format!("sqlite:{}", folder.path().join("console.db").display());
    one(options, "SQLite", &sqlite, folder.path()).await?;
    let server = Server::start(Durability::Full);
    let postgres = server.database().await;
    one(options, "PostgreSQL", &postgres, folder.path()).await
}

async fn one(options: &Options, name: &str, database: &str, folder: &Path) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let code = admin::setup_code(database).await?.context("the console has administrators already")?;
    let shutdown = Shutdown::new();
    let (log, _) = ComponentLog::memory(Component::ADMIN_CENTER);
    let config = Config::new(([127, 0, 0, 1], 0).into(), "http://localhost:8080", database);
    let running = console::start(config, log, shutdown.clone()).await?;
    let address = running.address.context("the console does not listen")?;
    let options_of_client = ClientOptions {
        url: format!("http://{address}"),
        token: None,
        ca_pem: None,
        patience: Duration::from_mins(1),
    };
    let mut client = Client::new(options_of_client)?;
    let setup = Setup { code, tenant: "bench".into(), user: "ann".into(), password: PASSWORD.into() };
    let tenant = client.set_up(&setup).await?.me.tenant;

    let filled = Instant::now();
    fill(database, &tenant.to_string(), options.devices).await?;
    writeln!(out, "{name}: {} devices, filled in {:.0} s", options.devices, filled.elapsed().as_secs_f64())?;
    let memory = resident();

    let mut all = Vec::new();
    for (what, query) in first_rows() {
        all.extend(ask(&mut out, &client, options, what, &query, FIRST_ROWS).await?);
    }
    tell(&mut out, "first rows, all", all, FIRST_ROWS)?;
    let (mut rare, mut common) = (Vec::new(), Vec::new());
    for (search, what) in SEARCHES {
        let query =
            DeviceQuery { search: Some(search.to_owned()), limit: Some(50), ..DeviceQuery::default() };
        let is_common = COMMON_SEARCHES.contains(&search);
        let target = if is_common { COMMON } else { SEARCH };
        let times = ask(&mut out, &client, options, &format!("`{search}` ({what})"), &query, target).await?;
        if is_common { common.extend(times) } else { rare.extend(times) }
    }
    tell(&mut out, "search, all below a tenth", rare, SEARCH)?;
    tell(&mut out, "search, all above a tenth", common, COMMON)?;
    writeln!(out, "  memory of the process: {} MiB before, {} MiB after", memory >> 10, resident() >> 10)?;
    shutdown.begin();
    running.join().await?;
    writeln!(out, "  files: {} MiB", size(folder)? >> 20)?;
    Ok(())
}

/// The first rows of each order, and of what people filter by.
fn first_rows() -> Vec<(&'static str, DeviceQuery)> {
    let sorted =
        |sort: &str| DeviceQuery { sort: Some(sort.to_owned()), limit: Some(50), ..DeviceQuery::default() };
    let site = SiteId(uuid::Uuid::nil());
    vec![
        ("by name", sorted("name")),
        ("by name, backwards", sorted("-name")),
        ("last seen first", sorted("-seen")),
        ("online first", sorted("-online")),
        ("by system", sorted("os")),
        ("by version", sorted("-client_version")),
        ("by user", sorted("user")),
        ("online", DeviceQuery { status: Some(OnlineStatus::Online), ..sorted("name") }),
        ("offline", DeviceQuery { status: Some(OnlineStatus::Offline), ..sorted("name") }),
        ("of a site", DeviceQuery { site: Some(site), ..sorted("name") }),
        (
            "a filter",
            DeviceQuery { filter: Some("os contains \"ubuntu\" and online = true".into()), ..sorted("name") },
        ),
    ]
}

async fn ask(
    out: &mut std::io::Stdout,
    client: &Client,
    options: &Options,
    what: &str,
    query: &DeviceQuery,
    target: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let found = client.devices(query).await?.items.len();
    let count = client.device_count(query).await?;
    let mut times = Vec::with_capacity(options.rounds);
    for _ in 0..options.rounds {
        let start = Instant::now();
        client.devices(query).await?;
        times.push(start.elapsed());
    }
    let more = if count.more { "+" } else { "" };
    tell(out, &format!("{what}: {found} rows of {}{more}", count.count), times.clone(), target)?;
    Ok(times)
}

fn tell(out: &mut std::io::Stdout, what: &str, times: Vec<Duration>, target: Duration) -> anyhow::Result<()> {
    let times = Times::of(times);
    let verdict = if times.percentile(95) <= target { "within" } else { "above" };
    writeln!(
        out,
        "  {what}: p50 {}, p95 {}, {verdict} {}",
        millis(times.percentile(50)),
        millis(times.percentile(95)),
        millis(target)
    )?;
    Ok(())
}

const SITE: Statement = Statement::both(
    "INSERT INTO site (id, tenant, name, link_key, state, attached, link_up, link_changed)
     VALUES ('00000000-0000-0000-0000-000000000000', $1, 'Bench', '', 'attached', 0, 1, 0)",
);
const DEVICES: Statement = Statement::split(
    "INSERT INTO device (site, tenant, id, resource, name, name_key, os, os_version, architecture, client_version, online,
        online_changed, enrolled, hash, round, user_name, serial, addresses, tags, seen, generation, search_key)
     WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < $2),
     told AS (SELECT n, printf('shop-%04d-till-%03d', n / 250, n % 250) AS name, printf('user%d', n * 7919 % 400000) AS who,
        printf('sn%07x', n) AS serial, printf('10.%d.%d.%d', n / 65536, n / 256 % 256, n % 256) AS address,
        CASE WHEN n % 100 = 7 THEN 'pilot' ELSE '' END AS tag FROM numbers)
     SELECT '00000000-0000-0000-0000-000000000000', $1, printf('%08x-0000-4000-8000-%012x', n, n * 7919), n, name, name,
        CASE n % 3 WHEN 0 THEN 'Debian GNU/Linux 12 (bookworm)' WHEN 1 THEN 'Ubuntu 24.04 LTS' ELSE 'SLES 15' END, '12',
        'x86_64', printf('0.%d.0', n % 5), n % 5 <> 0, 1700000000000 + n * 7919 % 1000000, 0, n, 1, who, serial, address,
        tag, 1700000000000 + n * 7919 % 1000000, n,
        name || char(10) || who || char(10) || serial || char(10) || address || char(10) || tag FROM told",
    "INSERT INTO device (site, tenant, id, resource, name, name_key, os, os_version, architecture, client_version, online,
        online_changed, enrolled, hash, round, user_name, serial, addresses, tags, seen, generation, search_key)
     WITH told AS (SELECT n, 'shop-' || lpad((n / 250)::text, 4, '0') || '-till-' || lpad((n % 250)::text, 3, '0') AS name,
        'user' || (n * 7919 % 400000) AS who, 'sn' || lpad(to_hex(n), 7, '0') AS serial,
        '10.' || (n / 65536) || '.' || (n / 256 % 256) || '.' || (n % 256) AS address,
        CASE WHEN n % 100 = 7 THEN 'pilot' ELSE '' END AS tag FROM generate_series(0::bigint, $2 - 1) AS n)
     SELECT '00000000-0000-0000-0000-000000000000', $1,
        lpad(to_hex(n), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(n * 7919), 12, '0'), n, name, name,
        CASE n % 3 WHEN 0 THEN 'Debian GNU/Linux 12 (bookworm)' WHEN 1 THEN 'Ubuntu 24.04 LTS' ELSE 'SLES 15' END, '12',
        'x86_64', '0.' || (n % 5) || '.0', (n % 5 <> 0)::int, 1700000000000 + n * 7919 % 1000000, 0, n, 1, who, serial,
        address, tag, 1700000000000 + n * 7919 % 1000000, n,
        name || chr(10) || who || chr(10) || serial || chr(10) || address || chr(10) || tag FROM told",
);
const TEXTS: Statement = Statement::both(
    "INSERT INTO device_search (site, id, search_key) SELECT site, id, search_key FROM device",
);
const ANALYZE: Statement = Statement::both("ANALYZE");

/// Writes the devices into the console's store, as an upload would have left them.
async fn fill(database: &str, tenant: &str, devices: u64) -> anyhow::Result<()> {
    let db = Db::open(database).await?;
    db.write(&SITE, args![tenant]).await?;
    db.write(&DEVICES, args![tenant, devices]).await?;
    if db.engine() == Engine::Postgres {
        db.write(&TEXTS, args![]).await?;
        // What PostgreSQL does by itself within a minute.
        db.write(&ANALYZE, args![]).await?;
    }
    db.close().await;
    Ok(())
}

/// Returns the memory of this process that is resident, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut size = 0;
    for file in std::fs::read_dir(folder)? {
        size += file?.metadata()?.len();
    }
    Ok(size)
}
