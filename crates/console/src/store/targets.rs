//! The targets of an action, and what the hops said of it.

use action::{DeviceId, Hop, State, TaskGuid, TenantId, Timestamp};
use console_api::{HistoryEntry, TargetState};
use database::{DbError, Row, Statement, args};

use super::{
    Store,
    actions::{state, why},
};

/// A target of one device's action, for the Graph shapes.
pub(crate) struct DeviceAction {
    pub(crate) task_guid: TaskGuid,
    pub(crate) kind: u32,
    pub(crate) state: State,
    pub(crate) asked_at: Timestamp,
    pub(crate) changed: Timestamp,
}

const TARGETS: Statement = Statement::both(
    "SELECT device, name, state, why, detail, late, changed FROM target
     WHERE tenant = $1 AND task_guid = $2 AND {condition} ORDER BY device LIMIT $3",
);
const HISTORY: Statement = Statement::both(
    "SELECT number, device, hop, event, at, why, rule, detail, late FROM history
     WHERE tenant = $1 AND task_guid = $2 AND number > $4 ORDER BY number LIMIT $3",
);
const HISTORY_OF_DEVICE: Statement = Statement::both(
    "SELECT number, device, hop, event, at, why, rule, detail, late FROM history
     WHERE tenant = $1 AND task_guid = $2 AND number > $4 AND device IN ('', $5) ORDER BY number LIMIT $3",
);
const WHY: Statement = Statement::both(
    "SELECT why FROM target WHERE tenant = $1 AND task_guid = $2 AND state = $3 AND why IS NOT NULL LIMIT 1",
);
const OF_DEVICE: Statement = Statement::both(
    "SELECT target.task_guid, target.state, target.changed, action.kind, action.asked_at
     FROM target JOIN action ON action.tenant = target.tenant AND action.task_guid = target.task_guid
     WHERE target.tenant = $1 AND target.device = $2 ORDER BY action.asked_at DESC LIMIT $3",
);

impl Store {
    /// Returns targets of an action by their device's id, after `after`.
    pub(crate) async fn targets(
        &self,
        tenant: TenantId,
        task_guid: TaskGuid,
        only: Option<State>,
        after: Option<DeviceId>,
        limit: u32,
    ) -> Result<Vec<TargetState>, DbError> {
        let after = after.map_or_else(String::new, |device| device.to_string());
        let arguments = args![tenant.to_string(), task_guid.to_string(), limit, after];
        let rows = match only {
            None => self.db.rows_where(&TARGETS, "device > $4", arguments).await?,
            Some(state) => {
                let condition = "device > $4 AND state = $5";
                self.db.rows_where(&TARGETS, condition, arguments.with(state.name())).await?
            }
        };
        rows.iter().map(target).collect()
    }

    /// Returns one target of an action.
    pub(crate) async fn target(
        &self,
        tenant: TenantId,
        task_guid: TaskGuid,
        device: DeviceId,
    ) -> Result<Option<TargetState>, DbError> {
        let arguments = args![tenant.to_string(), task_guid.to_string(), 1i64, device.to_string()];
        let rows = self.db.rows_where(&TARGETS, "device = $4", arguments).await?;
        rows.first().map(target).transpose()
    }

    /// Returns why a target in this state is in it; of one of them, where there are several.
    pub(crate) async fn why(
        &self,
        tenant: TenantId,
        task_guid: TaskGuid,
        in_state: State,
    ) -> Result<Option<console_api::Why>, DbError> {
        let arguments = args![tenant.to_string(), task_guid.to_string(), in_state.name()];
        match self.db.row(&WHY, arguments).await? {
            Some(row) => Ok(why(row.opt_text("why")?)),
            None => Ok(None),
        }
    }

    /// Returns what the hops said of an action, in the order in which the console heard of it, after the number `after`;
    /// `device` leaves out the other devices.
    pub(crate) async fn history(
        &self,
        tenant: TenantId,
        task_guid: TaskGuid,
        device: Option<DeviceId>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, DbError> {
        // The first entry, the console's own, has the number 0.
        let after = after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
        let arguments = args![tenant.to_string(), task_guid.to_string(), limit, after];
        let rows = match device {
            None => self.db.rows(&HISTORY, arguments).await?,
            Some(device) => self.db.rows(&HISTORY_OF_DEVICE, arguments.with(device.to_string())).await?,
        };
        rows.iter().map(entry).collect()
    }

    /// Returns where the last actions on a device stand, the newest first.
    pub(crate) async fn actions_of_device(
        &self,
        tenant: TenantId,
        device: DeviceId,
        limit: u32,
    ) -> Result<Vec<DeviceAction>, DbError> {
        let rows = self.db.rows(&OF_DEVICE, args![tenant.to_string(), device.to_string(), limit]).await?;
        let read = |row: &Row| {
            Ok(DeviceAction {
                task_guid: row.parsed("task_guid")?,
                kind: u32::try_from(row.unsigned("kind")?).unwrap_or_default(),
                state: state(row.text("state")?),
                asked_at: Timestamp(row.int("asked_at")?),
                changed: Timestamp(row.int("changed")?),
            })
        };
        rows.iter().map(read).collect()
    }
}

fn target(row: &Row) -> Result<TargetState, DbError> {
    Ok(TargetState {
        device: row.parsed("device")?,
        name: row.text("name")?.to_owned(),
        state: state(row.text("state")?),
        why: why(row.opt_text("why")?),
        detail: row.text("detail")?.to_owned(),
        late_answer: row.flag("late")?,
        changed: Timestamp(row.int("changed")?),
    })
}

fn entry(row: &Row) -> Result<HistoryEntry, DbError> {
    let device = row.text("device")?;
    Ok(HistoryEntry {
        number: row.unsigned("number")?,
        device: if device.is_empty() { None } else { Some(row.parsed("device")?) },
        hop: Hop::named(row.text("hop")?).unwrap_or(Hop::AdminCenter),
        event: state(row.text("event")?),
        at: Timestamp(row.int("at")?),
        why: why(row.opt_text("why")?),
        rule: row.opt_text("rule")?.map(str::to_owned),
        detail: row.opt_text("detail")?.map(str::to_owned),
        late: row.flag("late")?,
    })
}
