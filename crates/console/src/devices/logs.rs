//! The logs of a device's agent: asked of the site while the person waits. Nothing of them is kept at the console.

use action::{DeviceId, SiteId, TaskGuid};
use axum::{Json, extract::State};
use console_api::{CollectedLogs, DeviceLogs, LogPart};
use serde::Deserialize;
use site_link::{Answer, LogsKnown, Question};
use utoipa::IntoParams;

use crate::{
    people::permit::{Permit, ReadLogs},
    problem::Refusal,
    read::{Id, Query},
    sites,
    state::Console,
    store::Audit,
};

/// Which logs.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The action that collected them; without it the answer lists what there is.
    #[param(value_type = Option<uuid::Uuid>)]
    of: Option<TaskGuid>,
    /// The `next` of the answer before.
    from: Option<u32>,
}

/// Show what logs of a device's agent its site has, or read those of one action. The site answers now, by its own rules;
/// the action `collect-logs` brings them.
#[utoipa::path(get, path = "/api/v1/devices/{device}/logs", tag = "devices",
    params(("device" = uuid::Uuid, Path), Wanted), responses((status = 200, body = DeviceLogs)))]
pub(crate) async fn device_logs(
    State(console): State<Console>,
    permit: Permit<ReadLogs>,
    Id(device): Id<DeviceId>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<DeviceLogs>, Refusal> {
    let (tenant, store) = (permit.tenant(), console.store());
    permit.check_device(&console, device).await?;
    let found = store.device(tenant, device).await?.ok_or_else(|| Refusal::not_found("device", device))?;
    let from = wanted.from.unwrap_or(0);
    let question = Question::Logs {
        device,
        user: permit.user(),
        user_name: permit.user_name().to_owned(),
        of: wanted.of,
        from,
    };
    match console.ask_site(tenant, found.site, question).await? {
        Answer::Logs(known) => {
            if let Some(of) = wanted.of
                && from == 0
            {
                let entry = permit.audit("device.logs.read", format!("{device} {of}"), console.now());
                store.audit(&[Audit { devices: format!("{device} {}", found.name), ..entry }]).await?;
            }
            Ok(Json(logs(device, found.site, *known)))
        }
        answer => Err(sites::answered_otherwise(answer)),
    }
}

fn logs(device: DeviceId, site: SiteId, known: LogsKnown) -> DeviceLogs {
    let LogsKnown { rule, at, collected, parts, next } = known;
    let collected = collected.into_iter().map(|one| CollectedLogs {
        task_guid: one.task_guid,
        at: one.at,
        received: one.received,
        parts: one.parts,
        stored: one.stored,
        bytes: one.bytes,
    });
    let parts =
        parts.into_iter().map(|part| LogPart { number: part.number, file: part.file, text: part.text });
    DeviceLogs { device, site, as_of: at, rule, collected: collected.collect(), parts: parts.collect(), next }
}
