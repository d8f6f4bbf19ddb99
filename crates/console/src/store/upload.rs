//! Devices, as their sites upload them: all of them in rounds, then what changed.

use action::{DeviceId, SiteId, TenantId, Timestamp};
use console_api::{Change, DevicesChange};
use database::{DbError, Engine, Statement, Transaction, args};
use serde::Serialize;
use site_link::{Checksum, DeviceBatch, Part};

use super::{Store, changes, name_key};

/// The most devices that one change names; a page that shows more reads its list again.
const NAMED: usize = 100;

/// What became of a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct UploadApplied {
    /// The batch's number: it is on disk.
    pub(crate) seq: u64,
    /// Whether the console's devices are not those of the site: it must send all of them.
    pub(crate) resync: bool,
}

#[derive(Serialize)]
struct Stored<'a> {
    id: DeviceId,
    resource: u64,
    name: &'a str,
    key: String,
    os: &'a str,
    os_version: &'a str,
    architecture: &'a str,
    client: &'a str,
    online: i64,
    online_changed: i64,
    enrolled: i64,
    compliant: Option<u32>,
    resources: Option<u32>,
    complied: Option<i64>,
    hash: u64,
    who: &'a str,
    serial: &'a str,
    addresses: String,
    tags: String,
    discovered: Option<i64>,
    seen: i64,
    generation: u64,
    search: String,
}

const SITE: Statement = Statement::split(
    "SELECT tenant, state, devices_round FROM site WHERE id = $1",
    "SELECT tenant, state, devices_round FROM site WHERE id = $1 FOR UPDATE",
);
const STORED: Statement = Statement::both("SELECT devices_seq FROM site WHERE id = $1");
const REACHED: Statement = Statement::both(
    "UPDATE site SET devices_seq = CASE WHEN $4 = 1 THEN $2 ELSE devices_seq END, devices_round = $3 WHERE id = $1",
);
const PUT: Statement = Statement::split(
    "INSERT INTO device (site, tenant, round, id, resource, name, name_key, os, os_version, architecture, client_version,
        online, online_changed, enrolled, compliant, resources, complied, hash,
        user_name, serial, addresses, tags, discovered, seen, generation, search_key)
     SELECT $1, $2, $3, value ->> 'id', value ->> 'resource', value ->> 'name', value ->> 'key', value ->> 'os',
        value ->> 'os_version', value ->> 'architecture', value ->> 'client', value ->> 'online',
        value ->> 'online_changed', value ->> 'enrolled', value ->> 'compliant', value ->> 'resources',
        value ->> 'complied', value ->> 'hash', value ->> 'who', value ->> 'serial', value ->> 'addresses',
        value ->> 'tags', value ->> 'discovered', value ->> 'seen', value ->> 'generation', value ->> 'search'
     FROM json_each($4) WHERE true
     ON CONFLICT (site, id) DO UPDATE SET round = excluded.round, resource = excluded.resource, name = excluded.name,
        name_key = excluded.name_key, os = excluded.os, os_version = excluded.os_version,
        architecture = excluded.architecture, client_version = excluded.client_version, online = excluded.online,
        online_changed = excluded.online_changed, enrolled = excluded.enrolled, compliant = excluded.compliant,
        resources = excluded.resources, complied = excluded.complied, hash = excluded.hash,
        user_name = excluded.user_name, serial = excluded.serial, addresses = excluded.addresses, tags = excluded.tags,
        discovered = excluded.discovered, seen = excluded.seen, generation = excluded.generation,
        search_key = excluded.search_key",
    "INSERT INTO device (site, tenant, round, id, resource, name, name_key, os, os_version, architecture, client_version,
        online, online_changed, enrolled, compliant, resources, complied, hash,
        user_name, serial, addresses, tags, discovered, seen, generation, search_key)
     SELECT $1, $2, $3, id, resource, name, key, os, os_version, architecture, client, online, online_changed, enrolled,
        compliant, resources, complied, hash, who, serial, addresses, tags, discovered, seen, generation, search
     FROM json_to_recordset($4::json) AS x (id text, resource bigint, name text, key text, os text, os_version text,
        architecture text, client text, online bigint, online_changed bigint, enrolled bigint, compliant bigint,
        resources bigint, complied bigint, hash bigint, who text, serial text, addresses text, tags text,
        discovered bigint, seen bigint, generation bigint, search text)
     ON CONFLICT (site, id) DO UPDATE SET round = excluded.round, resource = excluded.resource, name = excluded.name,
        name_key = excluded.name_key, os = excluded.os, os_version = excluded.os_version,
        architecture = excluded.architecture, client_version = excluded.client_version, online = excluded.online,
        online_changed = excluded.online_changed, enrolled = excluded.enrolled, compliant = excluded.compliant,
        resources = excluded.resources, complied = excluded.complied, hash = excluded.hash,
        user_name = excluded.user_name, serial = excluded.serial, addresses = excluded.addresses, tags = excluded.tags,
        discovered = excluded.discovered, seen = excluded.seen, generation = excluded.generation,
        search_key = excluded.search_key",
);
/// What PostgreSQL keeps the texts of its index in; what has not changed is not written. SQLite's index follows by itself.
const INDEX: Statement = Statement::both(
    "INSERT INTO device_search (site, id, search_key)
     SELECT $1, id, search FROM json_to_recordset($2::json) AS x (id text, search text)
     ON CONFLICT (site, id) DO UPDATE SET search_key = excluded.search_key
     WHERE device_search.search_key <> excluded.search_key",
);
const REMOVE: Statement = Statement::split(
    "DELETE FROM device WHERE site = $1 AND id IN (SELECT value FROM json_each($2))",
    "DELETE FROM device WHERE site = $1 AND id IN (SELECT json_array_elements_text($2::json))",
);
const FORGET: Statement = Statement::both("DELETE FROM device WHERE site = $1 AND round < $2");
const CHECKSUM: Statement = Statement::split(
    "SELECT COUNT(*) AS count, COALESCE(SUM(hash), 0) AS sum FROM device WHERE site = $1",
    "SELECT COUNT(*) AS count, COALESCE(SUM(hash), 0)::bigint AS sum FROM device WHERE site = $1",
);

impl Store {
    /// Returns the number of the last batch of a site that is on disk.
    pub(crate) async fn devices_stored(&self, site: SiteId) -> Result<u64, DbError> {
        match self.db.row(&STORED, args![site.to_string()]).await? {
            Some(row) => row.unsigned("devices_seq"),
            None => Ok(0),
        }
    }

    /// Stores a batch in one commit. `None` where the site is not attached.
    pub(crate) async fn apply_devices(
        &self,
        site: SiteId,
        batch: &DeviceBatch,
        now: Timestamp,
    ) -> Result<Option<UploadApplied>, DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(row) = transaction.row(&SITE, args![site.to_string()]).await? else { return Ok(None) };
        if row.text("state")? != "attached" {
            return Ok(None);
        }
        let tenant: TenantId = row.parsed("tenant")?;
        let round = row.unsigned("devices_round")? + u64::from(batch.part == Part::FullStart);
        put(&mut transaction, self.db.engine(), tenant, site, round, batch).await?;
        if batch.part == Part::FullEnd {
            transaction.execute(&FORGET, args![site.to_string(), round]).await?;
        }
        // In the middle of a round the console has neither what was nor what is.
        let whole = matches!(batch.part, Part::FullEnd | Part::Changes);
        transaction.execute(&REACHED, args![site.to_string(), batch.seq, round, whole]).await?;
        let resync = match batch.checksum {
            Some(theirs) => ours(&mut transaction, site).await? != theirs,
            None => false,
        };
        changes::append(&mut transaction, tenant, &changed(site, batch), now).await?;
        self.commit_and_tell(transaction).await?;
        Ok(Some(UploadApplied { seq: batch.seq, resync }))
    }
}

async fn put(
    transaction: &mut Transaction,
    engine: Engine,
    tenant: TenantId,
    site: SiteId,
    round: u64,
    batch: &DeviceBatch,
) -> Result<(), DbError> {
    if !batch.devices.is_empty() {
        let stored: Vec<Stored<'_>> = batch.devices.iter().map(Stored::from).collect();
        let arguments = args![site.to_string(), tenant.to_string(), round].set(&stored);
        transaction.execute(&PUT, arguments).await?;
        if engine == Engine::Postgres {
            transaction.execute(&INDEX, args![site.to_string()].set(&stored)).await?;
        }
    }
    if !batch.removed.is_empty() {
        transaction.execute(&REMOVE, args![site.to_string()].set(&batch.removed)).await?;
    }
    Ok(())
}

async fn ours(transaction: &mut Transaction, site: SiteId) -> Result<Checksum, DbError> {
    match transaction.row(&CHECKSUM, args![site.to_string()]).await? {
        Some(row) => Ok(Checksum { count: row.unsigned("count")?, sum: row.unsigned("sum")? }),
        None => Ok(Checksum::default()),
    }
}

fn changed(site: SiteId, batch: &DeviceBatch) -> Vec<Change> {
    let all = batch.devices.iter().map(|device| device.id).chain(batch.removed.iter().copied());
    let count = batch.devices.len() + batch.removed.len();
    if count == 0 && batch.part != Part::FullEnd {
        return Vec::new();
    }
    let more = count > NAMED || batch.part != Part::Changes;
    vec![Change::Devices(DevicesChange { site, devices: all.take(NAMED).collect(), more })]
}

impl<'a> From<&'a site_link::Device> for Stored<'a> {
    fn from(device: &'a site_link::Device) -> Self {
        let compliance = device.compliance.as_ref();
        Self {
            id: device.id,
            resource: device.resource.0,
            name: &device.name,
            key: name_key(&device.name),
            os: &device.os,
            os_version: &device.os_version,
            architecture: &device.architecture,
            client: &device.client_version,
            online: device.online.into(),
            online_changed: device.online_changed.0,
            enrolled: device.enrolled.0,
            compliant: compliance.map(|compliance| compliance.compliant),
            resources: compliance.map(|compliance| compliance.total),
            complied: compliance.map(|compliance| compliance.at.0),
            hash: device.hash(),
            who: &device.details.user,
            serial: &device.details.serial,
            addresses: lines(&device.details.addresses),
            tags: lines(&device.details.tags),
            discovered: device.discovered.map(|at| at.0),
            seen: device.discovered.map_or(device.online_changed.0, |at| at.0.max(device.online_changed.0)),
            generation: device.generation,
            search: search_key(device),
        }
    }
}

/// Joins texts, each on a line of its own whatever it holds.
fn lines(texts: &[String]) -> String {
    let lines: Vec<String> = texts.iter().map(|text| text.replace(char::is_control, " ")).collect();
    lines.join("\n")
}

/// Returns what a search for a device looks at: its texts in lower case, a line for each.
fn search_key(device: &site_link::Device) -> String {
    let details = &device.details;
    let texts = [&device.name, &details.user, &details.serial];
    let texts: Vec<String> = texts
        .into_iter()
        .chain(&details.addresses)
        .chain(&details.tags)
        .filter(|text| !text.is_empty())
        .map(|text| name_key(text))
        .collect();
    lines(&texts)
}
