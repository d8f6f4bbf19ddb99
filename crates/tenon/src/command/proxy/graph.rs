//! The calls of Microsoft Graph that scripts use: devices are read, and actions on them asked for.

use std::{path::PathBuf, sync::Arc};

use action::{ActionKind, DeviceId, TaskGuid};
use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use console_api::{Client, Kind, NewAction, NewTarget, SignedActions, TriggerConfigurationManagerAction};
use proof::Hash;
use serde_json::Value;
use service::{error::Chain, log::ComponentLog};

use super::refused::Refused;
use crate::keys::Keys;

/// The path of devices, at Graph and at the console.
const DEVICES: &str = "v1.0/deviceManagement/managedDevices";

/// What the proxy works with.
pub(super) struct Desk {
    pub(super) client: Client,
    /// What callers show.
    pub(super) secret: String,
    /// Where the proxy answers: pages of devices lead on here, not to the console.
    pub(super) base: String,
    /// Where the keys are.
    pub(super) folder: PathBuf,
    pub(super) log: ComponentLog,
}

/// Returns the calls that are answered; all others are refused in Graph's form.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route(&format!("/{DEVICES}"), get(list))
        .route(&format!("/{DEVICES}/{{device}}"), get(show))
        .route(&format!("/{DEVICES}/{{device}}/triggerConfigurationManagerAction"), post(trigger))
        .route(
            &format!("/{DEVICES}/{{device}}/microsoft.graph.triggerConfigurationManagerAction"),
            post(trigger),
        )
        .fallback(async || Refused::new(StatusCode::NOT_FOUND, "NotFound", "The proxy has no such call."))
        .with_state(desk)
}

async fn list(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Refused> {
    desk.check(&headers)?;
    let mut devices = desk.client.graph(DEVICES, &query).await?;
    if let Some(next) = devices.get("@odata.nextLink").and_then(Value::as_str)
        && let Some((_, rest)) = next.split_once(DEVICES)
    {
        devices["@odata.nextLink"] = format!("{}/{DEVICES}{rest}", desk.base).into();
    }
    Ok(Json(devices))
}

async fn show(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Path(device): Path<DeviceId>,
) -> Result<Json<Value>, Refused> {
    desk.check(&headers)?;
    Ok(Json(desk.client.graph(&format!("{DEVICES}/{device}"), &[]).await?))
}

async fn trigger(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Path(device): Path<DeviceId>,
    body: Result<Json<TriggerConfigurationManagerAction>, JsonRejection>,
) -> Result<Response, Refused> {
    desk.check(&headers)?;
    let bad = |message: String| Refused::new(StatusCode::BAD_REQUEST, "BadRequest", message);
    let Json(trigger) = body.map_err(|_| bad("The body is no `configurationManagerAction`.".to_owned()))?;
    let action = trigger.configuration_manager_action.action;
    let kind = ActionKind::from_graph(&action).ok_or_else(|| {
        bad("Use `refreshMachinePolicy`, `refreshUserPolicy` or `appEvaluation` as `action`.".to_owned())
    })?;
    let task_guid = desk.ask(kind, device).await?;
    desk.log.info(format_args!("Signed {action} for {device}. TaskGuid: {task_guid}"));
    let name = [("tenon-task-guid", task_guid.to_string())];
    Ok((StatusCode::NO_CONTENT, name).into_response())
}

impl Desk {
    /// Checks the caller's secret.
    fn check(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        // Hashes are compared, so that the time it takes says nothing of the secret.
        if Hash::of(shown.as_bytes()) == Hash::of(self.secret.as_bytes()) {
            return Ok(());
        }
        self.log.warn(format_args!("Refused a caller without the proxy's secret."));
        let message = "Send the proxy's secret as `Authorization: Bearer SECRET`.";
        Err(Refused::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message))
    }

    /// Asks for an action, signed with the key for the device's site.
    async fn ask(&self, kind: ActionKind, device: DeviceId) -> Result<TaskGuid, Refused> {
        let new = NewAction {
            kind: Kind(kind),
            target: NewTarget::Device { device },
            param: String::new(),
            deliver_by: None,
            finish_within_seconds: None,
            offline: None,
            task_guid: None,
        };
        let not_signed = |what: String| {
            self.log.warn(format_args!("Signed nothing: {what}"));
            Refused::new(StatusCode::FORBIDDEN, "Forbidden", what)
        };
        let drafts = self.client.draft_action(&new).await?.drafts;
        let [draft] = &*drafts else {
            return Err(not_signed("The console drafted no request for one device.".to_owned()));
        };
        let now = service::clock::now();
        let drafted = proof::Request::parse(draft.request.as_bytes())
            .map_err(|error| not_signed(Chain(&error).to_string()))?;
        let signer = Keys::read_in(&self.folder)
            .and_then(|keys| keys.signer(&drafted, now))
            .map_err(|error| not_signed(format!("{error:#}")))?;
        let signer = signer.ok_or_else(|| {
            let site = &draft.site_name;
            not_signed(format!(
                "There is no key for the site {site}: have its owner print a code for a service key \
                 (`tenon site pair --user … --kind … --collection …`), and pair with `tenon pair`."
            ))
        })?;
        let id = TaskGuid(service::dice::uuid());
        let signed =
            signer.sign(draft, &new, id, now).map_err(|error| not_signed(Chain(&error).to_string()))?;
        let text = String::from_utf8(signed.encode()).map_err(|error| not_signed(error.to_string()))?;
        let requests = SignedActions { requests: vec![text] };
        self.client.create_signed(&requests, &id.to_string()).await?;
        Ok(id)
    }
}
