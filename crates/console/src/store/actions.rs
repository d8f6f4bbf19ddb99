//! Actions, looked up.

use std::collections::BTreeMap;

use action::{
    ActionKind, BatchId, DeviceId, OfflinePolicy, Reason, SiteId, State, TaskGuid, TenantId, Timestamp,
};
use console_api::{Action, ActionTarget, Asker, Counts, Kind, Link, Why};
use database::{DbError, Row, Statement, Transaction, args};

use super::Store;
use crate::actions::fold::Tally;

/// An action, with the state of its site's link.
#[derive(Clone, Debug)]
pub(crate) struct ActionRow {
    pub(crate) action: Action,
    pub(crate) link: Link,
}

/// Which actions.
#[derive(Debug, Default)]
pub(crate) struct ActionFilter {
    pub(crate) site: Option<SiteId>,
    pub(crate) device: Option<DeviceId>,
    pub(crate) batch: Option<BatchId>,
    pub(crate) open: Option<bool>,
    /// Where the page begins: before this moment and id.
    pub(crate) before: Option<(Timestamp, TaskGuid)>,
}

/// An action with its counts.
pub(super) struct Standing {
    pub(super) task_guid: TaskGuid,
    pub(super) site: SiteId,
    pub(super) base: State,
    pub(super) tally: Tally,
}

const SEARCH: Statement = Statement::both(
    "SELECT action.task_guid, action.batch, action.site, site.name AS site_name, site.link_up, site.link_changed,
            action.kind, action.param, action.devices, action.collection, action.collection_name, action.at_most,
            action.asked_by, action.asker_name, action.asked_at, action.deliver_by, action.finish_within,
            action.offline, substr(action.request, 1, 1) AS form, action.state, action.why, action.total, action.concluded, action.changed
     FROM action JOIN site ON site.id = action.site
     WHERE action.tenant = $1 AND {condition}
     ORDER BY action.asked_at DESC, action.task_guid DESC LIMIT $2",
);
const SENT: Statement = Statement::both("SELECT request FROM action WHERE tenant = $1 AND task_guid = $2");
const COUNTS: Statement = Statement::split(
    "SELECT task_guid, state, targets FROM tally
     WHERE tenant = $1 AND task_guid IN (SELECT value FROM json_each($2)) AND targets > 0",
    "SELECT task_guid, state, targets FROM tally
     WHERE tenant = $1 AND task_guid IN (SELECT json_array_elements_text($2::json)) AND targets > 0",
);
const STANDING: Statement = Statement::split(
    "SELECT action.task_guid, action.site, action.base, tally.state, tally.targets
     FROM action LEFT JOIN tally ON tally.tenant = action.tenant AND tally.task_guid = action.task_guid
     WHERE action.tenant = $1 AND action.task_guid IN (SELECT value FROM json_each($2)) ORDER BY action.task_guid",
    "SELECT action.task_guid, action.site, action.base, tally.state, tally.targets
     FROM action LEFT JOIN tally ON tally.tenant = action.tenant AND tally.task_guid = action.task_guid
     WHERE action.tenant = $1 AND action.task_guid IN (SELECT json_array_elements_text($2::json))
     ORDER BY action.task_guid",
);

impl Store {
    /// Returns the request of an action, as it is sent to its site.
    pub(crate) async fn sent_request(
        &self,
        tenant: TenantId,
        task_guid: TaskGuid,
    ) -> Result<Option<String>, DbError> {
        let row = self.db.row(&SENT, args![tenant.to_string(), task_guid.to_string()]).await?;
        row.map(|row| Ok(row.text("request")?.to_owned())).transpose()
    }

    /// Returns actions, the newest first.
    pub(crate) async fn actions(
        &self,
        tenant: TenantId,
        wanted: &ActionFilter,
        limit: u32,
    ) -> Result<Vec<ActionRow>, DbError> {
        let mut condition = String::from("1 = 1");
        let mut arguments = args![tenant.to_string(), limit];
        // The statement has two placeholders of its own.
        let mut number = 2;
        let mut and = |text: &str, condition: &mut String| {
            number += 1;
            condition.push_str(" AND ");
            condition.push_str(&text.replace('?', &format!("${number}")));
        };
        if let Some(site) = wanted.site {
            and("action.site = ?", &mut condition);
            arguments = arguments.with(site.to_string());
        }
        if let Some(batch) = wanted.batch {
            and("action.batch = ?", &mut condition);
            arguments = arguments.with(batch.to_string());
        }
        if let Some(open) = wanted.open {
            and("action.is_open = ?", &mut condition);
            arguments = arguments.with(open);
        }
        if let Some(device) = wanted.device {
            let targeted = "action.task_guid IN
                 (SELECT target.task_guid FROM target WHERE target.tenant = $1 AND target.device = ?)";
            and(targeted, &mut condition);
            arguments = arguments.with(device.to_string());
        }
        if let Some((at, task_guid)) = wanted.before {
            and("(action.asked_at < ?", &mut condition);
            arguments = arguments.with(at.0);
            let at = number;
            number += 1;
            condition.push_str(&format!(" OR (action.asked_at = ${at} AND action.task_guid < ${number}))"));
            arguments = arguments.with(task_guid.to_string());
        }
        let rows = self.db.rows_where(&SEARCH, &condition, arguments).await?;
        self.with_counts(tenant, &rows).await
    }

    /// Returns actions by their ids; those that the tenant does not have are left out.
    pub(crate) async fn actions_by_id(
        &self,
        tenant: TenantId,
        actions: &[TaskGuid],
    ) -> Result<Vec<ActionRow>, DbError> {
        let condition = match self.db.engine() {
            database::Engine::Sqlite => "action.task_guid IN (SELECT value FROM json_each($3))",
            database::Engine::Postgres => "action.task_guid IN (SELECT json_array_elements_text($3::json))",
        };
        let arguments = args![tenant.to_string(), i64::from(u32::MAX)].set(actions);
        let rows = self.db.rows_where(&SEARCH, condition, arguments).await?;
        self.with_counts(tenant, &rows).await
    }

    /// Returns an action of a tenant.
    pub(crate) async fn action(
        &self,
        tenant: TenantId,
        task_guid: TaskGuid,
    ) -> Result<Option<ActionRow>, DbError> {
        Ok(self.actions_by_id(tenant, &[task_guid]).await?.into_iter().next())
    }

    async fn with_counts(&self, tenant: TenantId, rows: &[Row]) -> Result<Vec<ActionRow>, DbError> {
        let mut actions = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<TaskGuid> = actions.iter().map(|row| row.action.task_guid).collect();
        let mut counts: BTreeMap<TaskGuid, Counts> = BTreeMap::new();
        for row in self.db.rows(&COUNTS, args![tenant.to_string()].set(&ids)).await? {
            let of_action = counts.entry(row.parsed("task_guid")?).or_default();
            of_action.insert(row.text("state")?.to_owned(), row.unsigned("targets")?);
        }
        for row in &mut actions {
            row.action.counts = counts.remove(&row.action.task_guid).unwrap_or_default();
        }
        Ok(actions)
    }
}

/// Returns where the targets of actions stand, as part of a change of them.
pub(super) async fn tally_of(
    transaction: &mut Transaction,
    tenant: TenantId,
    actions: &[TaskGuid],
) -> Result<Vec<Standing>, DbError> {
    let mut standings: Vec<Standing> = Vec::with_capacity(actions.len());
    for row in transaction.rows(&STANDING, args![tenant.to_string()].set(actions)).await? {
        let task_guid = row.parsed("task_guid")?;
        if standings.last().is_none_or(|last| last.task_guid != task_guid) {
            let base = state(row.text("base")?);
            standings.push(Standing { task_guid, site: row.parsed("site")?, base, tally: Tally::new() });
        }
        if let (Some(last), Some(name)) = (standings.last_mut(), row.opt_text("state")?) {
            last.tally.insert(state(name), row.unsigned("targets")?);
        }
    }
    Ok(standings)
}

/// Returns the state of that name. The store only holds names that [`State`] gave.
pub(super) fn state(name: &str) -> State {
    State::named(name).unwrap_or(State::Pending)
}

/// Returns a reason as people see it.
pub(super) fn why(text: Option<&str>) -> Option<Why> {
    text.and_then(|text| serde_json::from_str::<Reason>(text).ok()).as_ref().map(Why::from)
}

fn read(row: &Row) -> Result<ActionRow, DbError> {
    let kind = ActionKind(u32::try_from(row.unsigned("kind")?).unwrap_or_default());
    let target = match row.opt_text("collection")? {
        None => ActionTarget::Devices { count: row.unsigned("devices")? },
        Some(collection) => ActionTarget::Collection {
            collection: collection.to_owned(),
            name: row.opt_text("collection_name")?.map(str::to_owned),
            at_most: row.unsigned("at_most")?,
        },
    };
    let action = Action {
        task_guid: row.parsed("task_guid")?,
        batch_id: row.opt_parsed("batch")?,
        site: row.parsed("site")?,
        site_name: row.text("site_name")?.to_owned(),
        kind: Kind(kind),
        title: kind.title(),
        param: row.text("param")?.to_owned(),
        target,
        asked_by: Asker { id: row.parsed("asked_by")?, name: row.text("asker_name")?.to_owned() },
        asked_at: Timestamp(row.int("asked_at")?),
        // What nobody has signed is JSON; a signed request begins with its header, in base64url.
        proof: match row.text("form")? {
            "{" => "vouched by the console",
            _ => "signed with the person's key",
        }
        .to_owned(),
        deliver_by: Timestamp(row.int("deliver_by")?),
        finish_within_seconds: u32::try_from(row.unsigned("finish_within")?).unwrap_or(u32::MAX),
        offline: match row.text("offline")? {
            "queue" => OfflinePolicy::Queue,
            _ => OfflinePolicy::Fail,
        },
        state: state(row.text("state")?),
        why: why(row.opt_text("why")?),
        counts: Counts::new(),
        total: row.unsigned("total")?,
        concluded: row.unsigned("concluded")?,
        changed: Timestamp(row.int("changed")?),
        unknown: None,
        coalesced: None,
        targets: Vec::new(),
        history: Vec::new(),
    };
    let link = Link { up: row.flag("link_up")?, since: row.opt_int("link_changed")?.map(Timestamp) };
    Ok(ActionRow { action, link })
}
