//! Ends actions at the console: those that no site has been told of, and those of a site that is no longer attached.

use action::{Conclusion, Hop, Reason, SiteId, TaskGuid, TenantId, Timestamp};
use console_api::{ActionChange, Change, Counts};
use database::{DbError, Statement, Transaction, args};

use super::{Store, actions::tally_of, changes};
use crate::actions::fold;

/// How many overdue actions one pass ends; more wait for the next pass.
const PASS: u32 = 500;

const END_TARGETS: Statement = Statement::split(
    "UPDATE target SET state = $3, why = $4, changed = $5
     WHERE tenant = $1 AND task_guid IN (SELECT value FROM json_each($2)) AND state IN
     ('pending', 'delivered_to_site', 'authorized', 'queued', 'sent', 'received', 'running')",
    "UPDATE target SET state = $3, why = $4, changed = $5
     WHERE tenant = $1 AND task_guid IN (SELECT json_array_elements_text($2::json)) AND state IN
     ('pending', 'delivered_to_site', 'authorized', 'queued', 'sent', 'received', 'running')",
);
const END_BASE: Statement = Statement::split(
    "UPDATE action SET base = $3, why = $4 WHERE tenant = $1 AND task_guid IN (SELECT value FROM json_each($2))",
    "UPDATE action SET base = $3, why = $4
     WHERE tenant = $1 AND task_guid IN (SELECT json_array_elements_text($2::json))",
);
const HISTORY: Statement = Statement::split(
    "INSERT INTO history (tenant, task_guid, device, at, hop, event, number, why, late)
     SELECT $1, value, '', $3, $4, $5,
         (SELECT COALESCE(MAX(number), 0) + 1 FROM history WHERE tenant = $1 AND task_guid = value), $6, 0
     FROM json_each($2) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO history (tenant, task_guid, device, at, hop, event, number, why, late)
     SELECT $1, value, '', $3, $4, $5,
         (SELECT COALESCE(MAX(number), 0) + 1 FROM history WHERE tenant = $1 AND task_guid = value), $6, 0
     FROM json_array_elements_text($2::json) AS x (value) ON CONFLICT DO NOTHING",
);
const OPEN_OF_SITE: Statement =
    Statement::both("SELECT task_guid FROM action WHERE tenant = $1 AND site = $2 AND is_open = 1");
const OVERDUE: Statement = Statement::both(
    "SELECT outbox.tenant, outbox.task_guid, outbox.site, outbox.number FROM outbox
     JOIN action ON action.tenant = outbox.tenant AND action.task_guid = outbox.task_guid
     WHERE outbox.offered IS NULL AND action.deliver_by <= $1 ORDER BY outbox.tenant LIMIT $2",
);
const TAKE_BACK: Statement =
    Statement::both("DELETE FROM outbox WHERE site = $1 AND number = $2 AND offered IS NULL");
pub(super) const RECOUNT: [Statement; 2] = [
    Statement::split(
        "DELETE FROM tally WHERE tenant = $1 AND task_guid IN (SELECT value FROM json_each($2))",
        "DELETE FROM tally WHERE tenant = $1 AND task_guid IN (SELECT json_array_elements_text($2::json))",
    ),
    Statement::split(
        "INSERT INTO tally (tenant, task_guid, state, targets)
         SELECT tenant, task_guid, state, COUNT(*) FROM target
         WHERE tenant = $1 AND task_guid IN (SELECT value FROM json_each($2)) GROUP BY tenant, task_guid, state",
        "INSERT INTO tally (tenant, task_guid, state, targets)
         SELECT tenant, task_guid, state, COUNT(*) FROM target
         WHERE tenant = $1 AND task_guid IN (SELECT json_array_elements_text($2::json))
         GROUP BY tenant, task_guid, state",
    ),
];
const SUMMARY: Statement = Statement::split(
    "UPDATE action SET state = value ->> 'state', is_open = value ->> 'open', total = value ->> 'total',
         concluded = value ->> 'concluded', changed = $3
     FROM json_each($2) WHERE action.tenant = $1 AND action.task_guid = value ->> 'id'",
    "UPDATE action SET state = x.state, is_open = x.open, total = x.total, concluded = x.concluded, changed = $3
     FROM json_to_recordset($2::json) AS x (id text, state text, open bigint, total bigint, concluded bigint)
     WHERE action.tenant = $1 AND action.task_guid = x.id",
);

#[derive(serde::Serialize)]
struct Summary {
    id: TaskGuid,
    state: &'static str,
    open: i64,
    total: u64,
    concluded: u64,
}

impl Store {
    /// Ends actions that are overdue and that no site has been told of; returns how many. The row that was not offered
    /// is taken back in the same commit, so that it is either ended here or sent, never both.
    pub(crate) async fn expire(&self, now: Timestamp) -> Result<u64, DbError> {
        let overdue = self.db.rows(&OVERDUE, args![now.0, PASS]).await?;
        let mut ended = 0;
        for rows in overdue.chunk_by(|a, b| a.text("tenant").ok() == b.text("tenant").ok()) {
            let Some(first) = rows.first() else { continue };
            let tenant: TenantId = first.parsed("tenant")?;
            let mut transaction = self.db.begin().await?;
            let mut taken = Vec::with_capacity(rows.len());
            for row in rows {
                let place = args![row.text("site")?, row.unsigned("number")?];
                if transaction.execute(&TAKE_BACK, place).await? > 0 {
                    taken.push(row.parsed::<TaskGuid>("task_guid")?);
                }
            }
            let end = Conclusion::Expired { reason: Reason::NotDeliveredInTime };
            all(&mut transaction, tenant, &taken, &end, now).await?;
            self.commit_and_tell(transaction).await?;
            ended += taken.len() as u64;
        }
        Ok(ended)
    }
}

/// Ends the open actions of a site that is no longer attached: nobody is left who could.
pub(super) async fn all_of_site(
    transaction: &mut Transaction,
    tenant: TenantId,
    site: SiteId,
    now: Timestamp,
) -> Result<(), DbError> {
    let rows = transaction.rows(&OPEN_OF_SITE, args![tenant.to_string(), site.to_string()]).await?;
    let open: Vec<TaskGuid> = rows.iter().map(|row| row.parsed("task_guid")).collect::<Result<_, _>>()?;
    let end = Conclusion::Failed { reason: Reason::SiteNotAttached };
    all(transaction, tenant, &open, &end, now).await
}

/// Ends actions for all of their targets that have not ended.
pub(super) async fn all(
    transaction: &mut Transaction,
    tenant: TenantId,
    actions: &[TaskGuid],
    end: &Conclusion,
    now: Timestamp,
) -> Result<(), DbError> {
    if actions.is_empty() {
        return Ok(());
    }
    let id = tenant.to_string();
    let state = end.state().name();
    let why = end.reason().and_then(|reason| serde_json::to_string(reason).ok());
    let targets = args![&id].set(actions).with(state).with(why.clone()).with(now.0);
    transaction.execute(&END_TARGETS, targets).await?;
    transaction.execute(&END_BASE, args![&id].set(actions).with(state).with(why.clone())).await?;
    let hop = Hop::AdminCenter.name();
    let history = args![&id].set(actions).with(now.0).with(hop).with(state).with(why);
    transaction.execute(&HISTORY, history).await?;
    for statement in &RECOUNT {
        transaction.execute(statement, args![&id].set(actions)).await?;
    }
    let told = summarize(transaction, tenant, actions, now).await?;
    changes::append(transaction, tenant, &told, now).await
}

/// Writes where actions stand, from what their targets are counted as; returns what to tell of them.
pub(super) async fn summarize(
    transaction: &mut Transaction,
    tenant: TenantId,
    actions: &[TaskGuid],
    now: Timestamp,
) -> Result<Vec<Change>, DbError> {
    let mut summaries = Vec::with_capacity(actions.len());
    let mut told = Vec::with_capacity(actions.len());
    for standing in tally_of(transaction, tenant, actions).await? {
        let state = fold::fold(standing.base, &standing.tally);
        let (total, concluded) = fold::totals(&standing.tally);
        let open = i64::from(!state.is_concluded());
        summaries.push(Summary { id: standing.task_guid, state: state.name(), open, total, concluded });
        let counts: Counts = standing
            .tally
            .iter()
            .filter(|(_, targets)| **targets > 0)
            .map(|(state, targets)| (state.name().to_owned(), *targets))
            .collect();
        let task_guid = standing.task_guid;
        told.push(Change::Action(ActionChange {
            task_guid,
            site: standing.site,
            state,
            counts,
            total,
            concluded,
        }));
    }
    transaction.execute(&SUMMARY, args![tenant.to_string()].set(&summaries).with(now.0)).await?;
    Ok(told)
}
