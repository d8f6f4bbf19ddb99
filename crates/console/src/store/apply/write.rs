//! Writes what a batch changed, each kind of row in one statement.

use std::collections::BTreeMap;

use action::{DeviceId, Entry, Event, SiteId, State, TaskGuid, TenantId, Timestamp};
use database::{DbError, Statement, Transaction, args};
use serde::Serialize;

use super::{Batch, load::Loaded};
use crate::actions::fold::{self, Heard, Progress};

/// A row of the history.
#[derive(Serialize)]
pub(super) struct HistoryRow {
    pub(super) action: TaskGuid,
    device: String,
    at: i64,
    hop: &'static str,
    event: &'static str,
    number: u64,
    why: Option<String>,
    rule: Option<String>,
    detail: Option<String>,
    late: i64,
}

#[derive(Serialize)]
struct TargetRow<'a> {
    t: TaskGuid,
    d: DeviceId,
    state: &'static str,
    why: Option<String>,
    detail: &'a str,
    late: i64,
}

#[derive(Serialize)]
struct TallyRow {
    t: TaskGuid,
    state: &'static str,
    more: i64,
}

#[derive(Serialize)]
struct BaseRow {
    t: TaskGuid,
    base: &'static str,
    why: Option<String>,
    /// Of several targets, one that says nothing takes no reason of another away.
    keep: i64,
}

const PUT_TARGETS: Statement = Statement::split(
    "INSERT INTO target (tenant, task_guid, device, name, state, why, detail, late, changed)
     SELECT $1, value ->> 't', value ->> 'd',
        COALESCE((SELECT name FROM device WHERE device.site = $2 AND device.id = value ->> 'd'), ''),
        value ->> 'state', value ->> 'why', value ->> 'detail', value ->> 'late', $3
     FROM json_each($4) WHERE true
     ON CONFLICT (tenant, task_guid, device) DO UPDATE SET state = excluded.state, why = excluded.why,
        detail = excluded.detail, late = excluded.late, changed = excluded.changed",
    "INSERT INTO target (tenant, task_guid, device, name, state, why, detail, late, changed)
     SELECT $1, t, d, COALESCE((SELECT name FROM device WHERE device.site = $2 AND device.id = d), ''),
        state, why, detail, late, $3
     FROM json_to_recordset($4::json) AS x (t text, d text, state text, why text, detail text, late bigint)
     ON CONFLICT (tenant, task_guid, device) DO UPDATE SET state = excluded.state, why = excluded.why,
        detail = excluded.detail, late = excluded.late, changed = excluded.changed",
);
const MOVE_ALL: Statement = Statement::split(
    "UPDATE target SET state = $4, why = $5, detail = $6, changed = $7
     WHERE tenant = $1 AND task_guid = $2 AND state IN (SELECT value FROM json_each($3))",
    "UPDATE target SET state = $4, why = $5, detail = $6, changed = $7
     WHERE tenant = $1 AND task_guid = $2 AND state IN (SELECT json_array_elements_text($3::json))",
);
const COUNT: Statement = Statement::split(
    "INSERT INTO tally (tenant, task_guid, state, targets)
     SELECT $1, value ->> 't', value ->> 'state', value ->> 'more' FROM json_each($2) WHERE true
     ON CONFLICT (tenant, task_guid, state) DO UPDATE SET targets = tally.targets + excluded.targets",
    "INSERT INTO tally (tenant, task_guid, state, targets)
     SELECT $1, t, state, more FROM json_to_recordset($2::json) AS x (t text, state text, more bigint)
     ON CONFLICT (tenant, task_guid, state) DO UPDATE SET targets = tally.targets + excluded.targets",
);
const BASE: Statement = Statement::split(
    "UPDATE action SET base = value ->> 'base',
        why = CASE WHEN value ->> 'keep' = 1 THEN COALESCE(value ->> 'why', action.why) ELSE value ->> 'why' END
     FROM json_each($2) WHERE action.tenant = $1 AND action.task_guid = value ->> 't'",
    "UPDATE action SET base = x.base,
        why = CASE WHEN x.keep = 1 THEN COALESCE(x.why, action.why) ELSE x.why END
     FROM json_to_recordset($2::json) AS x (t text, base text, why text, keep bigint)
     WHERE action.tenant = $1 AND action.task_guid = x.t",
);
const HISTORY: Statement = Statement::split(
    "INSERT INTO history (tenant, task_guid, device, at, hop, event, number, why, rule, detail, late)
     SELECT $1, value ->> 'action', value ->> 'device', value ->> 'at', value ->> 'hop', value ->> 'event',
        value ->> 'number', value ->> 'why', value ->> 'rule', value ->> 'detail', value ->> 'late'
     FROM json_each($2) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO history (tenant, task_guid, device, at, hop, event, number, why, rule, detail, late)
     SELECT $1, action, device, at, hop, event, number, why, rule, detail, late
     FROM json_to_recordset($2::json) AS x (action text, device text, at bigint, hop text, event text, number bigint,
        why text, rule text, detail text, late bigint) ON CONFLICT DO NOTHING",
);

/// Writes what the batch changed.
pub(super) async fn all(
    transaction: &mut Transaction,
    tenant: TenantId,
    site: SiteId,
    batch: &Batch,
    now: Timestamp,
) -> Result<(), DbError> {
    let id = tenant.to_string();
    let mut recount = Vec::new();
    for (task_guid, action) in &batch.actions {
        for event in &action.for_all {
            move_all(transaction, &id, *task_guid, event, now).await?;
            recount.push(*task_guid);
        }
    }
    recount.dedup();
    let targets: Vec<TargetRow<'_>> = batch
        .targets
        .iter()
        .filter(|(_, touched)| touched.moved)
        .map(|((t, d), touched)| TargetRow {
            t: *t,
            d: *d,
            state: touched.now.state.name(),
            why: reason(&touched.now),
            detail: &touched.now.detail,
            late: touched.now.late.into(),
        })
        .collect();
    if !targets.is_empty() {
        transaction.execute(&PUT_TARGETS, args![&id, site.to_string(), now.0].set(&targets)).await?;
    }
    let counted = tally(batch, &recount);
    if !counted.is_empty() {
        transaction.execute(&COUNT, args![&id].set(&counted)).await?;
    }
    if !recount.is_empty() {
        for statement in &super::conclude::RECOUNT {
            transaction.execute(statement, args![&id].set(&recount)).await?;
        }
    }
    let bases: Vec<BaseRow> = batch.actions.iter().filter_map(|(t, action)| base(*t, action)).collect();
    if !bases.is_empty() {
        transaction.execute(&BASE, args![&id].set(&bases)).await?;
    }
    if !batch.history.is_empty() {
        transaction.execute(&HISTORY, args![&id].set(&batch.history)).await?;
    }
    Ok(())
}

/// Moves all targets of an action that the event moves.
async fn move_all(
    transaction: &mut Transaction,
    tenant: &str,
    task_guid: TaskGuid,
    event: &Event,
    now: Timestamp,
) -> Result<(), DbError> {
    let mut moved = Progress::at(State::Pending);
    let from: Vec<&str> = State::ALL
        .into_iter()
        .filter(|before| {
            let mut target = Progress::at(*before);
            let moves = target.hear(event) == Heard::Moved;
            if moves {
                moved = target;
            }
            moves
        })
        .map(State::name)
        .collect();
    let arguments = args![tenant, task_guid.to_string()]
        .set(&from)
        .with(moved.state.name())
        .with(reason(&moved))
        .with(&moved.detail)
        .with(now.0);
    transaction.execute(&MOVE_ALL, arguments).await.map(|_| ())
}

/// Returns by how much the counts change, without the actions that are counted anew.
fn tally(batch: &Batch, recount: &[TaskGuid]) -> Vec<TallyRow> {
    let mut more: BTreeMap<(TaskGuid, State), i64> = BTreeMap::new();
    for ((task_guid, _), touched) in &batch.targets {
        if !touched.moved || recount.contains(task_guid) || touched.before == Some(touched.now.state) {
            continue;
        }
        *more.entry((*task_guid, touched.now.state)).or_default() += 1;
        if let Some(before) = touched.before {
            *more.entry((*task_guid, before)).or_default() -= 1;
        }
    }
    let rows = more.into_iter().filter(|(_, more)| *more != 0);
    rows.map(|((t, state), more)| TallyRow { t, state: state.name(), more }).collect()
}

/// Returns what is written of the action itself, where anything of it moved.
fn base(task_guid: TaskGuid, action: &Loaded) -> Option<BaseRow> {
    let last = match &action.last {
        Some(why) => why.as_ref(),
        None if action.for_all.is_empty() => return None,
        None => action.base.why.as_ref(),
    };
    Some(BaseRow {
        t: task_guid,
        base: action.base.state.name(),
        why: last.and_then(|why| serde_json::to_string(why).ok()),
        keep: (action.devices != 1 && action.for_all.is_empty()).into(),
    })
}

fn reason(target: &Progress) -> Option<String> {
    target.why.as_ref().and_then(|why| serde_json::to_string(why).ok())
}

impl HistoryRow {
    pub(super) fn of(entry: &Entry, number: u64, late: bool) -> Self {
        Self {
            action: entry.task_guid,
            device: entry.device.map_or_else(String::new, |device| device.to_string()),
            at: entry.at.0,
            hop: entry.hop.name(),
            event: entry.event.state().name(),
            number,
            why: entry.event.reason().and_then(|why| serde_json::to_string(why).ok()),
            rule: fold::rule(&entry.event).map(str::to_owned),
            detail: fold::detail(&entry.event),
            late: late.into(),
        }
    }
}
