//! Reads what a batch speaks of: its actions, and those of their targets that it names.

use std::ops::RangeInclusive;

use action::{DeviceId, Entry, Event, Reason, SiteId, State, TaskGuid, TenantId, Timestamp};
use database::{DbError, Row, Statement, Transaction, args};
use serde::Serialize;
use uuid::Uuid;

use super::{Batch, Touched};
use crate::actions::fold::Progress;

/// An action that a batch speaks of.
pub(super) struct Loaded {
    pub(super) collection: bool,
    pub(super) asked_at: Timestamp,
    /// Where all of its targets stand at least.
    pub(super) base: Progress,
    /// Events that concern all targets, in their order.
    pub(super) for_all: Vec<Event>,
    /// How many devices it names; 0 for a collection.
    pub(super) devices: u64,
    /// The reason of the last target that moved, where any did.
    pub(super) last: Option<Option<Reason>>,
}

#[derive(Serialize)]
struct Named {
    t: TaskGuid,
    d: DeviceId,
}

const ACTIONS: Statement = Statement::split(
    "SELECT task_guid, base, collection, devices, asked_at FROM action
     WHERE tenant = $1 AND site = $2 AND task_guid IN (SELECT value FROM json_each($3))",
    "SELECT task_guid, base, collection, devices, asked_at FROM action
     WHERE tenant = $1 AND site = $2 AND task_guid IN (SELECT json_array_elements_text($3::json)) FOR UPDATE",
);
const TARGETS: Statement = Statement::split(
    "SELECT target.task_guid, target.device, target.state, target.why, target.detail, target.late
     FROM json_each($2) AS x CROSS JOIN target
     ON target.tenant = $1 AND target.task_guid = x.value ->> 't' AND target.device = x.value ->> 'd'",
    "SELECT target.task_guid, target.device, target.state, target.why, target.detail, target.late
     FROM json_to_recordset($2::json) AS x (t text, d text) JOIN target
     ON target.tenant = $1 AND target.task_guid = x.t AND target.device = x.d",
);

/// Reads what the entries speak of.
pub(super) async fn batch(
    transaction: &mut Transaction,
    tenant: TenantId,
    site: SiteId,
    entries: &[Entry],
) -> Result<Batch, DbError> {
    let mut batch = Batch::default();
    let mut ids: Vec<TaskGuid> = entries.iter().map(|entry| entry.task_guid).collect();
    ids.sort_unstable();
    ids.dedup();
    let tenant = tenant.to_string();
    for row in transaction.rows(&ACTIONS, args![&tenant, site.to_string()].set(&ids)).await? {
        let loaded = Loaded {
            collection: row.opt_text("collection")?.is_some(),
            asked_at: Timestamp(row.int("asked_at")?),
            base: Progress::at(state(&row, "base")?),
            for_all: Vec::new(),
            devices: row.unsigned("devices")?,
            last: None,
        };
        batch.actions.insert(row.parsed("task_guid")?, loaded);
    }
    let mut named: Vec<(TaskGuid, DeviceId)> =
        entries.iter().filter_map(|entry| Some((entry.task_guid, entry.device?))).collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        return Ok(batch);
    }
    let named: Vec<Named> = named.into_iter().map(|(t, d)| Named { t, d }).collect();
    for row in transaction.rows(&TARGETS, args![&tenant].set(&named)).await? {
        let at = state(&row, "state")?;
        let now = Progress {
            state: at,
            why: row.opt_text("why")?.and_then(|why| serde_json::from_str(why).ok()),
            detail: row.text("detail")?.to_owned(),
            late: row.flag("late")?,
        };
        let key = (row.parsed("task_guid")?, row.parsed("device")?);
        batch.targets.insert(key, Touched { before: Some(at), now, moved: false });
    }
    Ok(batch)
}

/// Returns the keys of all targets of an action.
pub(super) fn of_action(task_guid: TaskGuid) -> RangeInclusive<(TaskGuid, DeviceId)> {
    (task_guid, DeviceId(Uuid::nil()))..=(task_guid, DeviceId(Uuid::max()))
}

fn state(row: &Row, column: &str) -> Result<State, DbError> {
    State::named(row.text(column)?).ok_or_else(|| DbError::Column {
        column: column.to_owned(),
        wanted: "a state",
        found: "another text".to_owned(),
    })
}

impl Loaded {
    /// Notes the reason of a target that moved.
    pub(super) fn heard(&mut self, target: &Progress) {
        self.last = Some(target.why.clone());
    }
}
