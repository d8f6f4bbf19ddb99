//! The Microsoft Graph shapes that scripts already use.

mod filter;

use action::{ActionKind, DeviceId};
use axum::{Json, extract::State, http::StatusCode};
use console_api::{DeviceActionResult, GraphDevices, ManagedDevice, TriggerConfigurationManagerAction};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    actions::{ask_for_device, permit::ActPermit},
    page,
    people::permit::{Permit, ReadDevices},
    problem::Refusal,
    read::{Body, Id, Query},
    state::Console,
    store::{DeviceFilter, DeviceKey},
};

/// How many of a device's last actions are shown with it, as Graph does.
const RESULTS: u32 = 20;

/// The most devices of a page, as in Graph.
const LARGEST_TOP: u32 = 1000;

/// Returns the endpoints of the Graph shapes.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new()
        .routes(routes!(list_managed_devices))
        .routes(routes!(show_managed_device))
        .routes(routes!(trigger_configuration_manager_action))
}

/// Which devices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// How many a page holds, 1000 at most.
    #[serde(rename = "$top")]
    top: Option<u32>,
    /// `deviceName eq 'x'`, `startswith(deviceName,'x')`, `contains(deviceName,'x')`, the same for `operatingSystem`,
    /// `osVersion` and `id`; joined by `and`.
    #[serde(rename = "$filter")]
    filter: Option<String>,
    /// From `@odata.nextLink`.
    #[serde(rename = "$skiptoken")]
    skip_token: Option<String>,
}

/// List devices in the shape of Microsoft Graph.
#[utoipa::path(get, path = "/v1.0/deviceManagement/managedDevices", tag = "graph", params(Wanted),
    responses((status = 200, body = GraphDevices)))]
pub(crate) async fn list_managed_devices(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<GraphDevices>, Refusal> {
    let size = page::size(wanted.top).map_err(|refusal| refusal.field("$top"))?.min(LARGEST_TOP);
    let after: Option<(String, DeviceId)> = page::read("$skiptoken", wanted.skip_token.as_deref())?;
    let filter = DeviceFilter {
        filter: wanted.filter.as_deref().map(filter::translate).transpose()?,
        after: after.map(|(name_key, device)| DeviceKey::of_name(name_key, device)),
        reach: permit.reach().clone(),
        ..DeviceFilter::default()
    };
    let found = console.store().devices(permit.tenant(), &filter, size + 1).await?;
    let page = page::of(found, size, |(key, _)| (key.name_key.clone(), key.device));
    let base = console.config().public_url.trim_end_matches('/');
    let list = format!("{base}/v1.0/deviceManagement/managedDevices");
    let next_link = page.next.map(|next| {
        let filter = wanted.filter.as_deref().map(filter::escaped).unwrap_or_default();
        let filter = if filter.is_empty() { filter } else { format!("&$filter={filter}") };
        format!("{list}?$top={size}{filter}&$skiptoken={next}")
    });
    Ok(Json(GraphDevices {
        context: format!("{base}/v1.0/$metadata#deviceManagement/managedDevices"),
        next_link,
        value: page.items.into_iter().map(|(_, device)| managed(device)).collect(),
    }))
}

/// Show a device in the shape of Microsoft Graph, with what became of its last actions.
#[utoipa::path(get, path = "/v1.0/deviceManagement/managedDevices/{device}", tag = "graph",
    params(("device" = uuid::Uuid, Path)), responses((status = 200, body = ManagedDevice)))]
pub(crate) async fn show_managed_device(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Id(device): Id<DeviceId>,
) -> Result<Json<ManagedDevice>, Refusal> {
    permit.check_device(&console, device).await?;
    let found = console.store().device(permit.tenant(), device).await?;
    let mut shown = managed(found.ok_or_else(|| Refusal::not_found("device", device))?);
    let actions = console.store().actions_of_device(permit.tenant(), device, RESULTS).await?;
    let results = actions.into_iter().map(|action| {
        let kind = ActionKind(action.kind);
        DeviceActionResult {
            action_name: kind.graph().map_or_else(|| kind.template(), str::to_owned),
            action_state: action.state.graph_state().to_owned(),
            action_delivery_status: action.state.graph_delivery().to_owned(),
            start_date_time: action.asked_at.to_string(),
            last_updated_date_time: action.changed.to_string(),
            task_guid: action.task_guid.to_string(),
        }
    });
    shown.device_action_results = Some(results.collect());
    Ok(Json(shown))
}

/// Ask for a device action in the shape of Microsoft Graph.
#[utoipa::path(post, path = "/v1.0/deviceManagement/managedDevices/{device}/triggerConfigurationManagerAction",
    tag = "graph", params(("device" = uuid::Uuid, Path)), request_body = TriggerConfigurationManagerAction,
    responses((status = 204, description = "The action is stored and on its way.")))]
pub(crate) async fn trigger_configuration_manager_action(
    State(console): State<Console>,
    permit: ActPermit,
    Id(device): Id<DeviceId>,
    Body(trigger): Body<TriggerConfigurationManagerAction>,
) -> Result<StatusCode, Refusal> {
    let action = &trigger.configuration_manager_action.action;
    let Some(kind) = ActionKind::from_graph(action) else {
        let detail = format!("There is no action `{}`.", crate::problem::short(action));
        let fix = "Use `refreshMachinePolicy`, `refreshUserPolicy` or `appEvaluation`.";
        return Err(Refusal::not_valid("configurationManagerAction.action", detail, fix));
    };
    ask_for_device(&console, &permit, kind, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn managed(device: console_api::Device) -> ManagedDevice {
    let compliance_state = match device.compliance {
        None => "unknown",
        Some(compliance) if compliance.compliant == compliance.total => "compliant",
        Some(_) => "noncompliant",
    };
    ManagedDevice {
        id: device.id.to_string(),
        device_name: device.name,
        operating_system: device.os,
        os_version: device.os_version,
        management_agent: "configurationManagerClient".to_owned(),
        enrolled_date_time: device.enrolled.to_string(),
        last_sync_date_time: device.online_changed.to_string(),
        compliance_state: compliance_state.to_owned(),
        device_action_results: None,
    }
}
