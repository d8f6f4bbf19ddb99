//! Devices, looked up.

use action::{DeviceId, SiteId, TenantId, Timestamp};
use console_api::{Compliance, Device};
use database::{Args, DbError, Engine, Row, Statement, args};
use filter::{Condition, Dialect, Filter, SqlValue};

use super::{Reach, Store};

/// Where a page of devices begins: after this one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct DeviceKey {
    pub(crate) name_key: String,
    pub(crate) device: DeviceId,
}

/// Which devices.
#[derive(Debug, Default)]
pub(crate) struct DeviceFilter {
    pub(crate) site: Option<SiteId>,
    /// What the name must contain.
    pub(crate) search: Option<String>,
    pub(crate) filter: Option<Filter>,
    /// What the caller reaches.
    pub(crate) reach: Reach,
    pub(crate) after: Option<DeviceKey>,
}

const SEARCH: Statement = Statement::both(
    "SELECT device.site, device.id, device.resource, device.name, device.name_key, device.os, device.os_version,
            device.architecture, device.client_version, device.online, device.online_changed, device.enrolled,
            device.compliant, device.resources, device.complied
     FROM device JOIN site ON site.id = device.site
     WHERE device.tenant = $1 AND {condition}
     ORDER BY device.name_key, device.id LIMIT $2",
);
const ONE: Statement = Statement::both(
    "SELECT site, id, resource, name, name_key, os, os_version, architecture, client_version, online, online_changed,
            enrolled, compliant, resources, complied
     FROM device WHERE tenant = $1 AND id = $2 ORDER BY enrolled DESC LIMIT 1",
);
const SOME: Statement = Statement::split(
    "SELECT id, site, name FROM device WHERE tenant = $1 AND id IN (SELECT value FROM json_each($2)) ORDER BY id",
    "SELECT id, site, name FROM device
     WHERE tenant = $1 AND id IN (SELECT json_array_elements_text($2::json)) ORDER BY id",
);

impl Store {
    /// Returns devices by name, with the key that each has in that order.
    pub(crate) async fn devices(
        &self,
        tenant: TenantId,
        wanted: &DeviceFilter,
        limit: u32,
    ) -> Result<Vec<(DeviceKey, Device)>, DbError> {
        let (condition, arguments) = self.condition(wanted, args![tenant.to_string(), limit]);
        let rows = self.db.rows_where(&SEARCH, &condition, arguments).await?;
        rows.iter()
            .map(|row| {
                let key = DeviceKey { name_key: row.text("name_key")?.to_owned(), device: row.parsed("id")? };
                Ok((key, read(row)?))
            })
            .collect()
    }

    /// Returns a device of a tenant.
    pub(crate) async fn device(&self, tenant: TenantId, device: DeviceId) -> Result<Option<Device>, DbError> {
        self.db.row(&ONE, args![tenant.to_string(), device.to_string()]).await?.as_ref().map(read).transpose()
    }

    /// Returns the site and the name of those of the devices that the tenant has, in the order of their ids.
    pub(crate) async fn devices_named(
        &self,
        tenant: TenantId,
        devices: &[DeviceId],
    ) -> Result<Vec<(DeviceId, SiteId, String)>, DbError> {
        let rows = self.db.rows(&SOME, args![tenant.to_string()].set(devices)).await?;
        rows.iter()
            .map(|row| Ok((row.parsed("id")?, row.parsed("site")?, row.text("name")?.to_owned())))
            .collect()
    }

    /// Writes the condition of a search; its placeholders begin after the two of the statement.
    fn condition(&self, wanted: &DeviceFilter, mut arguments: Args) -> (String, Args) {
        const FIRST: usize = 3;
        let mut condition = String::from("1 = 1");
        let mut next = FIRST;
        let mut placeholder = || {
            next += 1;
            format!("${}", next - 1)
        };
        if let Some(site) = wanted.site {
            condition.push_str(&format!(" AND device.site = {}", placeholder()));
            arguments = arguments.with(site.to_string());
        }
        if let Some(search) = &wanted.search {
            condition.push_str(&format!(" AND device.name_key LIKE {} ESCAPE '!'", placeholder()));
            arguments = arguments.with(pattern(search));
        }
        if let Some(after) = &wanted.after {
            condition.push_str(&format!(
                " AND (device.name_key, device.id) > ({}, {})",
                placeholder(),
                placeholder()
            ));
            arguments = arguments.with(&after.name_key).with(after.device.to_string());
        }
        if let Some(filter) = &wanted.filter {
            let dialect = match self.db.engine() {
                Engine::Sqlite => Dialect::Sqlite,
                Engine::Postgres => Dialect::Postgres,
            };
            let Condition { text, values } = filter.to_sql(dialect, next, &column);
            condition.push_str(" AND ");
            condition.push_str(&text);
            next += values.len();
            for value in values {
                arguments = match value {
                    SqlValue::Text(text) => arguments.with(text),
                    SqlValue::Number(number) => arguments.with(number),
                };
            }
        }
        let (reached, arguments) = self.reaching(&wanted.reach, &mut (next - 1), arguments);
        condition.push_str(" AND ");
        condition.push_str(&reached);
        (condition, arguments)
    }
}

/// Returns the column of a field of `filter::device::SEARCH`.
pub(super) fn column(field: &str) -> &'static str {
    match field {
        "name" => "device.name",
        "os" => "device.os",
        "os_version" => "device.os_version",
        "architecture" => "device.architecture",
        "client_version" => "device.client_version",
        "resource" => "device.resource",
        "online" => "device.online",
        "site" => "site.name",
        _ => "device.id",
    }
}

fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for c in super::name_key(search).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn read(row: &Row) -> Result<Device, DbError> {
    let small = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let compliance = match (
        small(row.opt_int("compliant")?),
        small(row.opt_int("resources")?),
        row.opt_int("complied")?,
    ) {
        (Some(compliant), Some(total), Some(at)) => Some(Compliance { compliant, total, at: Timestamp(at) }),
        _ => None,
    };
    Ok(Device {
        id: row.parsed("id")?,
        site: row.parsed("site")?,
        resource_id: row.unsigned("resource")?,
        name: row.text("name")?.to_owned(),
        os: row.text("os")?.to_owned(),
        os_version: row.text("os_version")?.to_owned(),
        architecture: row.text("architecture")?.to_owned(),
        client_version: row.text("client_version")?.to_owned(),
        online: row.flag("online")?,
        online_changed: Timestamp(row.int("online_changed")?),
        enrolled: Timestamp(row.int("enrolled")?),
        compliance,
    })
}
