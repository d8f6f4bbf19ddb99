//! The targets of an action, and what the hops said of it, in pages.

use action::{DeviceId, State, TaskGuid};
use axum::{Json, extract::State as Extract};
use console_api::{HistoryEntry, Page, TargetState};
use serde::Deserialize;
use utoipa::IntoParams;

use super::status::find;
use crate::{
    page,
    people::permit::{Permit, ReadDevices},
    problem::Refusal,
    read::{Id, Query},
    state::Console,
};

/// Which targets.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedTargets {
    /// Only those in this state.
    #[param(value_type = Option<String>)]
    state: Option<State>,
    /// Only this device.
    #[param(value_type = Option<uuid::Uuid>)]
    device: Option<DeviceId>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many a page holds, 1000 at most.
    limit: Option<u32>,
}

/// Which history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedHistory {
    /// Only what concerns this device, or all of them.
    #[param(value_type = Option<uuid::Uuid>)]
    device: Option<DeviceId>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many a page holds, 1000 at most.
    limit: Option<u32>,
}

/// List the targets of an action.
#[utoipa::path(get, path = "/api/v1/actions/{task_guid}/targets", tag = "actions",
    params(("task_guid" = uuid::Uuid, Path), WantedTargets), responses((status = 200, body = Page<TargetState>)))]
pub(crate) async fn list_targets(
    Extract(console): Extract<Console>,
    permit: Permit<ReadDevices>,
    Id(task_guid): Id<TaskGuid>,
    Query(wanted): Query<WantedTargets>,
) -> Result<Json<Page<TargetState>>, Refusal> {
    let size = page::size(wanted.limit)?;
    let tenant = permit.tenant();
    let action = find(&console, &permit, task_guid).await?;
    let whole = permit.reach().holds(action.action.site);
    if let Some(device) = wanted.device {
        if !whole {
            permit.check_device(&console, device).await?;
        }
        let target = console.store().target(tenant, task_guid, device).await?;
        let target = target.filter(|target| wanted.state.is_none_or(|state| target.state == state));
        return Ok(Json(Page { items: target.into_iter().collect(), next: None }));
    }
    let after = page::read("after", wanted.after.as_deref())?;
    let found = console.store().targets(tenant, task_guid, wanted.state, after, size + 1).await?;
    let mut page = page::of(found, size, |target| target.device);
    keep_reached(&console, &permit, whole, &mut page.items, &mut Vec::new()).await?;
    Ok(Json(page))
}

/// List what the hops said of an action, in the order in which the console heard of it.
#[utoipa::path(get, path = "/api/v1/actions/{task_guid}/history", tag = "actions",
    params(("task_guid" = uuid::Uuid, Path), WantedHistory), responses((status = 200, body = Page<HistoryEntry>)))]
pub(crate) async fn list_history(
    Extract(console): Extract<Console>,
    permit: Permit<ReadDevices>,
    Id(task_guid): Id<TaskGuid>,
    Query(wanted): Query<WantedHistory>,
) -> Result<Json<Page<HistoryEntry>>, Refusal> {
    let size = page::size(wanted.limit)?;
    let action = find(&console, &permit, task_guid).await?;
    let whole = permit.reach().holds(action.action.site);
    let after = page::read("after", wanted.after.as_deref())?;
    let found = console.store().history(permit.tenant(), task_guid, wanted.device, after, size + 1).await?;
    let mut page = page::of(found, size, |entry| entry.number);
    keep_reached(&console, &permit, whole, &mut Vec::new(), &mut page.items).await?;
    Ok(Json(page))
}

/// Leaves out what is of devices that the caller does not reach, where the site is not within as a whole.
pub(super) async fn keep_reached(
    console: &Console,
    permit: &Permit<ReadDevices>,
    whole: bool,
    targets: &mut Vec<TargetState>,
    history: &mut Vec<HistoryEntry>,
) -> Result<(), Refusal> {
    if whole {
        return Ok(());
    }
    let mut devices: Vec<DeviceId> = targets.iter().map(|target| target.device).collect();
    devices.extend(history.iter().filter_map(|entry| entry.device));
    let within = console.store().devices_within(permit.tenant(), permit.reach(), &devices).await?;
    targets.retain(|target| within.contains(&target.device));
    history.retain(|entry| entry.device.is_none_or(|device| within.contains(&device)));
    Ok(())
}
