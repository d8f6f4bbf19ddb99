//! Devices, looked up.

use action::{DeviceId, SiteId, TenantId, Timestamp};
use console_api::{Compliance, Device, LastSeen, OnlineStatus, SeenBy};
use database::{DbError, Engine, Row, Statement, args};
use filter::{Condition, Dialect, Filter, SqlValue};

pub(crate) use super::order::{DeviceKey, Sort};
use super::{Reach, Store, search::Asking};

/// Which devices, and in which order.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeviceFilter {
    pub(crate) site: Option<SiteId>,
    pub(crate) status: Option<OnlineStatus>,
    /// Words that name, user, serial, addresses or tags must hold.
    pub(crate) search: Option<String>,
    pub(crate) filter: Option<Filter>,
    /// What the caller reaches.
    pub(crate) reach: Reach,
    pub(crate) sort: Sort,
    /// A place in that order.
    pub(crate) after: Option<DeviceKey>,
}

/// The columns that [`read`] reads.
macro_rules! columns {
    () => {
        "device.site, device.id, device.resource, device.name, device.name_key, device.os, device.os_version,
         device.architecture, device.client_version, device.online, device.online_changed, device.enrolled,
         device.compliant, device.resources, device.complied, device.user_name, device.serial, device.addresses,
         device.tags, device.discovered, device.seen, device.generation, site.link_up, site.link_changed"
    };
}
pub(super) use columns;

const ONE: Statement = Statement::both(concat!(
    "SELECT ",
    columns!(),
    " FROM device JOIN site ON site.id = device.site
     WHERE device.tenant = $1 AND device.id = $2 ORDER BY device.enrolled DESC LIMIT 1"
));
const SOME: Statement = Statement::split(
    "SELECT id, site, name FROM device WHERE tenant = $1 AND id IN (SELECT value FROM json_each($2)) ORDER BY id",
    "SELECT id, site, name FROM device
     WHERE tenant = $1 AND id IN (SELECT json_array_elements_text($2::json)) ORDER BY id",
);

impl Store {
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
}

impl DeviceFilter {
    /// Writes what indexes know: the site, and whether devices are online.
    pub(super) fn structure(&self, asking: &mut Asking) {
        if let Some(site) = self.site {
            asking.push(" AND device.site = ");
            asking.bind(site.to_string());
        }
        // `+` keeps SQLite on the index that has the page's order.
        let of_sites = match asking.engine() {
            Engine::Sqlite => " AND +device.site IN (SELECT id FROM site WHERE tenant = $1 AND link_up = ",
            Engine::Postgres => " AND device.site IN (SELECT id FROM site WHERE tenant = $1 AND link_up = ",
        };
        let (online, up) = match self.status {
            None => return,
            Some(OnlineStatus::Online) => (" AND device.online = 1", "1)"),
            Some(OnlineStatus::Offline) => (" AND device.online = 0", "1)"),
            Some(OnlineStatus::Unknown) => ("", "0)"),
        };
        asking.push(online);
        asking.push(of_sites);
        asking.push(up);
    }

    /// Writes what the caller reaches, and the filter of the filter language.
    pub(super) fn language(&self, asking: &mut Asking) {
        asking.reach(&self.reach);
        let Some(filter) = &self.filter else { return };
        let dialect = match asking.engine() {
            Engine::Sqlite => Dialect::Sqlite,
            Engine::Postgres => Dialect::Postgres,
        };
        let Condition { text, values } = filter.to_sql(dialect, asking.next(), &column);
        asking.push(" AND ");
        asking.push(&text);
        for value in values {
            match value {
                SqlValue::Text(text) => asking.add(text),
                SqlValue::Number(number) => asking.add(number),
            }
        }
    }

    /// Writes where the page begins.
    pub(super) fn after(&self, asking: &mut Asking) {
        if let Some(after) = &self.after {
            after.after(asking);
        }
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
        // Of a site whose connector is away nobody knows.
        "online" => "CASE WHEN site.link_up = 1 THEN device.online END",
        "site" => "site.name",
        "user" => "device.user_name",
        "serial" => "device.serial",
        _ => "device.id",
    }
}

pub(super) fn read(row: &Row) -> Result<Device, DbError> {
    let small = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let compliance = match (
        small(row.opt_int("compliant")?),
        small(row.opt_int("resources")?),
        row.opt_int("complied")?,
    ) {
        (Some(compliant), Some(total), Some(at)) => Some(Compliance { compliant, total, at: Timestamp(at) }),
        _ => None,
    };
    let status = match (row.flag("link_up")?, row.flag("online")?) {
        (true, true) => OnlineStatus::Online,
        (true, false) => OnlineStatus::Offline,
        (false, _) => OnlineStatus::Unknown,
    };
    let online_changed = Timestamp(row.int("online_changed")?);
    let seen = match row.opt_int("discovered")? {
        Some(at) if at > online_changed.0 => LastSeen { at: Timestamp(at), by: SeenBy::ManagementPoint },
        _ => LastSeen { at: online_changed, by: SeenBy::NotificationServer },
    };
    let lines = |column| -> Result<Vec<String>, DbError> {
        Ok(row.text(column)?.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
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
        online: status == OnlineStatus::Online,
        status,
        online_changed,
        last_seen: seen,
        unknown_since: match status {
            OnlineStatus::Unknown => row.opt_int("link_changed")?.map(Timestamp),
            OnlineStatus::Online | OnlineStatus::Offline => None,
        },
        generation: row.unsigned("generation")?,
        user: row.text("user_name")?.to_owned(),
        serial: row.text("serial")?.to_owned(),
        addresses: lines("addresses")?,
        tags: lines("tags")?,
        enrolled: Timestamp(row.int("enrolled")?),
        compliance,
    })
}
