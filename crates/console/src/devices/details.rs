//! What a site knows of one device: asked of the site while the person waits. The site decides whether they may read it.

use action::{DeviceId, SiteId, Timestamp};
use axum::{Json, extract::State};
use console_api::{ClientDetails, DeviceCollection, DeviceDetails, DeviceTask, Kind};
use site_link::{Answer, DeviceKnown, Question};

use crate::{
    people::permit::{Permit, ReadDevices},
    problem::Refusal,
    read::Id,
    sites,
    state::Console,
};

/// Show what the site knows of a device: client details, collections, compliance, tasks. The site answers now, by its own
/// rules. While its connector is away the console shows what the site last told the same person, with its date.
#[utoipa::path(get, path = "/api/v1/devices/{device}/details", tag = "devices",
    params(("device" = uuid::Uuid, Path)), responses((status = 200, body = DeviceDetails)))]
pub(crate) async fn device_details(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Id(device): Id<DeviceId>,
) -> Result<Json<DeviceDetails>, Refusal> {
    let (tenant, person, store) = (permit.tenant(), permit.user(), console.store());
    permit.check_device(&console, device).await?;
    let found = store.device(tenant, device).await?.ok_or_else(|| Refusal::not_found("device", device))?;
    let user_name = permit.user_name().to_owned();
    let question = Question::Device { device, user: person, user_name };
    match console.ask_site(tenant, found.site, question).await {
        Ok(Answer::Device(known)) => {
            let details = details(device, found.site, *known);
            store.keep_answer(tenant, person, &details).await?;
            Ok(Json(details))
        }
        Ok(answer) => {
            if matches!(answer, Answer::Refused { .. }) {
                store.forget_answer(tenant, person, device).await?;
            }
            Err(sites::answered_otherwise(answer))
        }
        Err(refusal) if refusal.is(sites::AWAY) => match store.last_answer(tenant, person, device).await? {
            Some(last) => Ok(Json(DeviceDetails { live: false, ..last })),
            None => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    }
}

fn details(device: DeviceId, site: SiteId, known: DeviceKnown) -> DeviceDetails {
    let DeviceKnown { rule, at, client, collections, compliance, tasks } = known;
    DeviceDetails {
        device,
        site,
        as_of: Timestamp(at.0),
        live: true,
        rule,
        client: ClientDetails {
            resource_id: client.resource.0,
            enrolment: client.enrolment,
            enrolled: client.enrolled,
            discovered: client.discovered,
            online: client.online,
            online_changed: client.online_changed,
            notification_server: client.server,
            client_version: client.client_version,
            hardware: client.hardware,
        },
        collections: collections.into_iter().map(|(id, name)| DeviceCollection { id, name }).collect(),
        compliance,
        tasks: tasks
            .into_iter()
            .map(|task| DeviceTask {
                task_guid: task.task_guid,
                kind: Kind(task.kind),
                state: task.state,
                changed: task.changed,
            })
            .collect(),
    }
}
