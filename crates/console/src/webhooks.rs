//! Webhooks: other systems are told of actions and connectors, in CloudEvents form, signed, until they have taken it.
//!
//! `event` says what of the tenant's changes is told, `deliver` stores it and sends it, `sign` signs it.

mod event;
mod sign;
pub(crate) mod deliver;

use axum::{Json, extract::State, http::StatusCode};
use console_api::{CreatedWebhook, DeadLetter, NewWebhook, Replayed, Webhook};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    people::permit::{ManageWebhooks, Permit},
    problem::{Refusal, short},
    read::{Body, Id},
    state::Console,
};

/// The most webhooks of a tenant: each costs a look at every change.
const MOST: usize = 20;

/// The longest address.
const LONGEST_URL: usize = 2_000;

/// Returns the endpoints about webhooks.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks, create_webhook))
        .routes(routes!(remove_webhook))
        .routes(routes!(list_dead_letters))
        .routes(routes!(replay))
}

/// List the tenant's webhooks.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", responses((status = 200, body = Vec<Webhook>)))]
pub(crate) async fn list_webhooks(
    State(console): State<Console>,
    permit: Permit<ManageWebhooks>,
) -> Result<Json<Vec<Webhook>>, Refusal> {
    Ok(Json(console.store().webhooks(permit.tenant()).await?))
}

/// Make a webhook: it is told what happens from now on. The secret of its signatures is shown this once.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = NewWebhook,
    responses((status = 201, body = CreatedWebhook)))]
pub(crate) async fn create_webhook(
    State(console): State<Console>,
    permit: Permit<ManageWebhooks>,
    Body(new): Body<NewWebhook>,
) -> Result<(StatusCode, Json<CreatedWebhook>), Refusal> {
    if new.url.len() > LONGEST_URL || !console.providers().outside().allows(&new.url) {
        let fix = "Use an https address of the internet, without a password in it; the console's operator may allow \
                   private ones.";
        return Err(Refusal::not_valid("url", format!("`{}` is not called.", short(&new.url)), fix));
    }
    if let Some(unknown) = new.types.iter().find(|kind| !event::TYPES.contains(&kind.as_str())) {
        let fix = format!("Use some of {}, or none for all.", event::TYPES.join(", "));
        return Err(Refusal::not_valid("types", format!("There are no events `{}`.", short(unknown)), fix));
    }
    if console.store().webhooks(permit.tenant()).await?.len() >= MOST {
        let detail = format!("The tenant has {MOST} webhooks already.");
        return Err(Refusal::conflict("too-many-webhooks", detail, "Remove one that is not needed."));
    }
    let now = console.now();
    let id = service::dice::uuid();
    let webhook = Webhook { id, url: new.url, types: new.types, created: now, waiting: 0, dead: 0 };
    let secret = sign::fresh_secret();
    let entry = permit.audit("webhook.create", format!("{id} {}", short(&webhook.url)), now);
    console.store().create_webhook(permit.tenant(), &webhook, &secret, entry).await?;
    Ok((StatusCode::CREATED, Json(CreatedWebhook { webhook, secret })))
}

/// End a webhook. What it has not delivered is forgotten.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhook}", tag = "webhooks", params(("webhook" = uuid::Uuid, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_webhook(
    State(console): State<Console>,
    permit: Permit<ManageWebhooks>,
    Id(webhook): Id<Uuid>,
) -> Result<StatusCode, Refusal> {
    let entry = permit.audit("webhook.remove", webhook.to_string(), console.now());
    match console.store().remove_webhook(permit.tenant(), webhook, entry).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::not_found("webhook", webhook)),
    }
}

/// List events that a webhook could not deliver, the first 200.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}/dead-letters", tag = "webhooks",
    params(("webhook" = uuid::Uuid, Path)), responses((status = 200, body = Vec<DeadLetter>)))]
pub(crate) async fn list_dead_letters(
    State(console): State<Console>,
    permit: Permit<ManageWebhooks>,
    Id(webhook): Id<Uuid>,
) -> Result<Json<Vec<DeadLetter>>, Refusal> {
    let found = console.store().dead_letters(permit.tenant(), webhook).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("webhook", webhook))?))
}

/// Send the events again that a webhook could not deliver.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/replay", tag = "webhooks",
    params(("webhook" = uuid::Uuid, Path)), responses((status = 202, body = Replayed)))]
pub(crate) async fn replay(
    State(console): State<Console>,
    permit: Permit<ManageWebhooks>,
    Id(webhook): Id<Uuid>,
) -> Result<(StatusCode, Json<Replayed>), Refusal> {
    let replayed = console.store().replay(permit.tenant(), webhook, console.now()).await?;
    let events = replayed.ok_or_else(|| Refusal::not_found("webhook", webhook))?;
    Ok((StatusCode::ACCEPTED, Json(Replayed { events })))
}
