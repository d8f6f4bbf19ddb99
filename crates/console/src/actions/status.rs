//! Actions, shown.

use action::{BatchId, DeviceId, Reason, SiteId, State, TaskGuid, Timestamp};
use axum::{Json, extract::State as Extract};
use console_api::{Action, Page, Unknown, Why};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{history, wait};
use crate::{
    page,
    people::{
        permission::Permission,
        permit::{Permit, ReadDevices},
    },
    problem::Refusal,
    read::{Id, Query},
    state::Console,
    store::{ActionFilter, ActionRow, Reach},
};

/// How many targets and how much history an action shows by itself; more are asked for as pages.
const SHOWN: u32 = 100;

/// Which actions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only those at a site.
    #[param(value_type = Option<uuid::Uuid>)]
    site: Option<SiteId>,
    /// Only those with this device among their targets.
    #[param(value_type = Option<uuid::Uuid>)]
    device: Option<DeviceId>,
    /// Only those of one click.
    #[param(value_type = Option<uuid::Uuid>)]
    batch: Option<BatchId>,
    /// Only those that have not ended (`true`), or that have (`false`).
    open: Option<bool>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many a page holds, 1000 at most.
    limit: Option<u32>,
}

/// List actions, the newest first.
#[utoipa::path(get, path = "/api/v1/actions", tag = "actions", params(Wanted),
    responses((status = 200, body = Page<Action>)))]
pub(crate) async fn list_actions(
    Extract(console): Extract<Console>,
    permit: Permit<ReadDevices>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<Action>>, Refusal> {
    let size = page::size(wanted.limit)?;
    if let Some(site) = wanted.site
        && console.store().site(permit.tenant(), site).await?.is_none()
    {
        return Err(Refusal::not_found("site", site));
    }
    let before: Option<(i64, TaskGuid)> = page::read("after", wanted.after.as_deref())?;
    let filter = ActionFilter {
        site: wanted.site,
        device: wanted.device,
        batch: wanted.batch,
        open: wanted.open,
        before: before.map(|(at, task_guid)| (Timestamp(at), task_guid)),
    };
    let found = console.store().actions(permit.tenant(), &filter, size + 1).await?;
    let mut page = page::of(found, size, |row| (row.action.asked_at.0, row.action.task_guid));
    keep_reached(&console, &permit, permit.reach(), &mut page.items).await?;
    Ok(Json(Page { items: page.items.into_iter().map(shown).collect(), next: page.next }))
}

/// How an action is shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patience {
    /// Answer when the action has ended, and after so many seconds at the latest; 25 at most.
    wait: Option<u32>,
}

/// Show an action, with the first page of its targets and of its history.
#[utoipa::path(get, path = "/api/v1/actions/{task_guid}", tag = "actions",
    params(("task_guid" = uuid::Uuid, Path), Patience), responses((status = 200, body = Action)))]
pub(crate) async fn show_action(
    Extract(console): Extract<Console>,
    permit: Permit<ReadDevices>,
    Id(task_guid): Id<TaskGuid>,
    Query(patience): Query<Patience>,
) -> Result<Json<Action>, Refusal> {
    let tenant = permit.tenant();
    if let Some(seconds) = patience.wait {
        // Whoever may not see it does not learn by the time that it takes whether it is there.
        find(&console, &permit, task_guid).await?;
        wait::for_end(&console, tenant, permit.session().hash(), task_guid, seconds).await?;
    }
    let row = find(&console, &permit, task_guid).await?;
    let mut action = shown(row);
    let has_reason = !matches!(action.state, State::Pending | State::Done);
    if action.unknown.is_none() && action.total > 0 && has_reason {
        action.why = console.store().why(tenant, task_guid, action.state).await?;
    }
    action.targets = console.store().targets(tenant, task_guid, None, None, SHOWN).await?;
    action.history = console.store().history(tenant, task_guid, None, None, SHOWN).await?;
    let whole = permit.reach().holds(action.site);
    history::keep_reached(&console, &permit, whole, &mut action.targets, &mut action.history).await?;
    Ok(Json(action))
}

/// Returns an action of the caller's tenant.
pub(super) async fn find<G>(
    console: &Console,
    permit: &Permit<G>,
    task_guid: TaskGuid,
) -> Result<ActionRow, Refusal> {
    let found = console.store().action(permit.tenant(), task_guid).await?;
    let found = found.ok_or_else(|| Refusal::not_found("action", task_guid))?;
    let reach = permit.session().reach(console, Permission::ReadDevices).await?;
    let mut rows = vec![found];
    keep_reached(console, permit, &reach, &mut rows).await?;
    rows.pop().ok_or_else(|| Refusal::not_found("action", task_guid))
}

/// Leaves out actions that the caller does not reach: those of a site that is within as a whole stay, and those with a
/// device that is within.
async fn keep_reached<G>(
    console: &Console,
    permit: &Permit<G>,
    reach: &Reach,
    rows: &mut Vec<ActionRow>,
) -> Result<(), Refusal> {
    if !reach.is_limited() {
        return Ok(());
    }
    let ids: Vec<TaskGuid> = rows.iter().map(|row| row.action.task_guid).collect();
    let within = console.store().actions_within(permit.tenant(), reach, &ids).await?;
    rows.retain(|row| reach.holds(row.action.site) || within.contains(&row.action.task_guid));
    Ok(())
}

/// Returns an action as it is shown: where the connector of its site is away, that is why it waits, or why nobody knows.
pub(super) fn shown(row: ActionRow) -> Action {
    let ActionRow { mut action, link } = row;
    if action.state == State::Done {
        action.why = None;
    }
    if action.state.is_concluded() || link.up {
        return action;
    }
    let away = Reason::ConnectorAway { since: link.since };
    action.why = Some(Why::from(&away));
    if action.state != State::Pending {
        action.unknown = Some(Unknown { connector_away_since: link.since });
    }
    action
}
