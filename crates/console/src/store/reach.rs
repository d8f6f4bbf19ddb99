//! The part of a tenant's devices that somebody reaches, as a condition of a statement.

use std::collections::BTreeSet;

use action::{DeviceId, SiteId, TaskGuid, TenantId};
use console_api::DeviceGroup;
use database::{Args, DbError, Engine, Row, Statement, args};
use filter::{Condition, Dialect, Filter, SqlValue};
use uuid::Uuid;

use super::{Audit, Store, devices::column, name_key};

/// A part of the tenant's devices.
#[derive(Clone, Debug, Default)]
pub(crate) enum Reach {
    /// All of them.
    #[default]
    Everywhere,
    /// Those in any of the parts.
    Within(Vec<Part>),
}

/// Devices at some sites and in some groups.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Absent: all sites.
    pub(crate) sites: Option<BTreeSet<SiteId>>,
    /// A device is in one group of each list.
    pub(crate) groups: Vec<Vec<Filter>>,
}

impl Reach {
    /// Returns whether something of a site is within.
    pub(crate) fn touches(&self, site: SiteId) -> bool {
        self.parts().is_none_or(|parts| parts.iter().any(|part| part.is_at(site)))
    }

    /// Returns whether a site is within as a whole, whatever its devices are.
    pub(crate) fn holds(&self, site: SiteId) -> bool {
        self.parts().is_none_or(|parts| parts.iter().any(|part| part.is_at(site) && part.groups.is_empty()))
    }

    /// Returns whether it is a part only.
    pub(crate) fn is_limited(&self) -> bool {
        self.parts().is_some()
    }

    fn parts(&self) -> Option<&[Part]> {
        match self {
            Reach::Everywhere => None,
            Reach::Within(parts) => Some(parts),
        }
    }

    /// Writes the condition for `device` joined with `site`; the placeholders go on after the arguments' own `taken`.
    pub(super) fn of_devices(&self, engine: Engine, taken: &mut usize, arguments: Args) -> (String, Args) {
        let Some(parts) = self.parts() else { return ("1 = 1".to_owned(), arguments) };
        let mut arguments = arguments;
        let mut alternatives = vec!["1 = 0".to_owned()];
        for part in parts {
            let mut all = vec![match &part.sites {
                None => "1 = 1".to_owned(),
                Some(sites) => {
                    let (text, more) = among("device.site", sites, taken, arguments);
                    arguments = more;
                    text
                }
            }];
            for groups in &part.groups {
                let mut any = vec!["1 = 0".to_owned()];
                for group in groups {
                    let (text, more) = matching(group, engine, taken, arguments);
                    arguments = more;
                    any.push(text);
                }
                all.push(format!("({})", any.join(" OR ")));
            }
            alternatives.push(format!("({})", all.join(" AND ")));
        }
        (format!("({})", alternatives.join(" OR ")), arguments)
    }
}

impl Part {
    fn is_at(&self, site: SiteId) -> bool {
        self.sites.as_ref().is_none_or(|sites| sites.contains(&site))
    }
}

const WITHIN: Statement = Statement::split(
    "SELECT device.id FROM device JOIN site ON site.id = device.site
     WHERE device.tenant = $1 AND device.id IN (SELECT value FROM json_each($2)) AND {condition}",
    "SELECT device.id FROM device JOIN site ON site.id = device.site
     WHERE device.tenant = $1 AND device.id IN (SELECT json_array_elements_text($2::json)) AND {condition}",
);
const ACTIONS_WITHIN: Statement = Statement::split(
    "SELECT DISTINCT target.task_guid FROM target
     JOIN device ON device.tenant = target.tenant AND device.id = target.device
     JOIN site ON site.id = device.site
     WHERE target.tenant = $1 AND target.task_guid IN (SELECT value FROM json_each($2)) AND {condition}",
    "SELECT DISTINCT target.task_guid FROM target
     JOIN device ON device.tenant = target.tenant AND device.id = target.device
     JOIN site ON site.id = device.site
     WHERE target.tenant = $1 AND target.task_guid IN (SELECT json_array_elements_text($2::json)) AND {condition}",
);
const GROUPS: Statement =
    Statement::both("SELECT id, name, filter FROM device_group WHERE tenant = $1 ORDER BY name_key");
const INSERT_GROUP: Statement = Statement::both(
    "INSERT INTO device_group (tenant, id, name, name_key, filter) VALUES ($1, $2, $3, $4, $5)",
);
const UPDATE_GROUP: Statement = Statement::both(
    "UPDATE device_group SET name = $3, name_key = $4, filter = $5 WHERE tenant = $1 AND id = $2",
);
const DELETE_GROUP: Statement = Statement::both("DELETE FROM device_group WHERE tenant = $1 AND id = $2");
const GROUP_USED: Statement = Statement::both(
    "SELECT 1 AS one FROM assignment WHERE tenant = $1 AND device_groups LIKE $2
     UNION ALL SELECT 1 AS one FROM api_token WHERE limits LIKE $2
        AND person IN (SELECT id FROM person WHERE tenant = $1) LIMIT 1",
);

impl Store {
    /// Returns those of the devices that are within a reach.
    pub(crate) async fn devices_within(
        &self,
        tenant: TenantId,
        reach: &Reach,
        devices: &[DeviceId],
    ) -> Result<BTreeSet<DeviceId>, DbError> {
        let rows = self.within(&WITHIN, reach, args![tenant.to_string()].set(devices)).await?;
        rows.iter().map(|row| row.parsed("id")).collect()
    }

    /// Returns those of the actions that have a target within a reach.
    pub(crate) async fn actions_within(
        &self,
        tenant: TenantId,
        reach: &Reach,
        actions: &[TaskGuid],
    ) -> Result<BTreeSet<TaskGuid>, DbError> {
        let rows = self.within(&ACTIONS_WITHIN, reach, args![tenant.to_string()].set(actions)).await?;
        rows.iter().map(|row| row.parsed("task_guid")).collect()
    }

    async fn within(
        &self,
        statement: &Statement,
        reach: &Reach,
        arguments: Args,
    ) -> Result<Vec<Row>, DbError> {
        let (condition, arguments) = reach.of_devices(self.db.engine(), &mut 2, arguments);
        self.db.rows_where(statement, &condition, arguments).await
    }

    /// Lists the device groups of a tenant by name.
    pub(crate) async fn device_groups(&self, tenant: TenantId) -> Result<Vec<DeviceGroup>, DbError> {
        let rows = self.db.rows(&GROUPS, args![tenant.to_string()]).await?;
        rows.iter()
            .map(|row| {
                Ok(DeviceGroup {
                    id: row.parsed("id")?,
                    name: row.text("name")?.to_owned(),
                    filter: row.text("filter")?.to_owned(),
                })
            })
            .collect()
    }

    /// Keeps a device group: a new one, or a change. A name that is taken is a broken constraint; `false` where the tenant
    /// has no such group to change.
    pub(crate) async fn put_device_group(
        &self,
        tenant: TenantId,
        group: &DeviceGroup,
        new: bool,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let arguments = args![
            tenant.to_string(),
            group.id.to_string(),
            &group.name,
            name_key(&group.name),
            &group.filter,
        ];
        let mut transaction = self.db.begin().await?;
        let statement = if new { &INSERT_GROUP } else { &UPDATE_GROUP };
        if transaction.execute(statement, arguments).await? == 0 {
            return Ok(false);
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes a device group; `None` where an assignment or a token names it, `false` where there is none.
    pub(crate) async fn delete_device_group(
        &self,
        tenant: TenantId,
        group: Uuid,
        audit: &[Audit],
    ) -> Result<Option<bool>, DbError> {
        let (tenant, group) = (tenant.to_string(), group.to_string());
        let mut transaction = self.db.begin().await?;
        if transaction.row(&GROUP_USED, args![&tenant, format!("%{group}%")]).await?.is_some() {
            return Ok(None);
        }
        if transaction.execute(&DELETE_GROUP, args![&tenant, &group]).await? == 0 {
            return Ok(Some(false));
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(Some(true))
    }
}

/// Writes that a column is one of some sites.
fn among(column: &str, sites: &BTreeSet<SiteId>, taken: &mut usize, mut arguments: Args) -> (String, Args) {
    let mut placeholders = Vec::with_capacity(sites.len());
    for site in sites {
        *taken += 1;
        placeholders.push(format!("${taken}"));
        arguments = arguments.with(site.to_string());
    }
    if placeholders.is_empty() {
        return ("1 = 0".to_owned(), arguments);
    }
    (format!("{column} IN ({})", placeholders.join(", ")), arguments)
}

/// Writes that a device matches a filter.
fn matching(filter: &Filter, engine: Engine, taken: &mut usize, mut arguments: Args) -> (String, Args) {
    let dialect = match engine {
        Engine::Sqlite => Dialect::Sqlite,
        Engine::Postgres => Dialect::Postgres,
    };
    let Condition { text, values } = filter.to_sql(dialect, *taken + 1, &column);
    *taken += values.len();
    for value in values {
        arguments = match value {
            SqlValue::Text(text) => arguments.with(text),
            SqlValue::Number(number) => arguments.with(number),
        };
    }
    (text, arguments)
}
