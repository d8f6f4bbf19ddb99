//! The caller's API tokens.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use console_api::{ApiToken, CreatedApiToken, NewApiToken};
use uuid::Uuid;

use super::{assignments, checked_name, rights::Place, roles, session::Session};
use crate::{
    problem::Refusal,
    read::{Body, Id},
    secret::{self, API_TOKEN_PREFIX},
    state::Console,
};

/// How long a token lasts where the caller says nothing.
const LASTS: Duration = Duration::from_hours(90 * 24);

/// The longest that a token may last.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// The most tokens of one person.
const MOST_TOKENS: usize = 50;

/// List the caller's API tokens.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "people", responses((status = 200, body = Vec<ApiToken>)))]
pub(crate) async fn list_tokens(
    State(console): State<Console>,
    session: Session,
) -> Result<Json<Vec<ApiToken>>, Refusal> {
    Ok(Json(console.store().tokens(session.user()).await?))
}

/// Make an API token that acts in the caller's name. Its secret is shown this once.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "people", request_body = NewApiToken,
    responses((status = 201, body = CreatedApiToken)))]
pub(crate) async fn create_token(
    State(console): State<Console>,
    session: Session,
    Body(new): Body<NewApiToken>,
) -> Result<(StatusCode, Json<CreatedApiToken>), Refusal> {
    session.check_whole()?;
    let now = console.now();
    let name = checked_name("name", &new.name)?;
    let expires = new.expires.unwrap_or_else(|| now.plus(LASTS));
    if expires <= now || expires > now.plus(LONGEST) {
        let detail = format!("`expires` is {expires}, which is past or more than a year ahead.");
        return Err(Refusal::not_valid("expires", detail, "Name a moment within a year from now."));
    }
    if console.store().tokens(session.user()).await?.len() >= MOST_TOKENS {
        let detail = format!("You have {MOST_TOKENS} API tokens already.");
        return Err(Refusal::conflict("too-many-tokens", detail, "Revoke one that is no longer used."));
    }
    if let Some(names) = &new.permissions {
        roles::checked_permissions("permissions", names)?;
    }
    let place = Place { sites: new.sites, groups: new.device_groups };
    assignments::check_place_of(&console, session.tenant(), &place).await?;
    let token = ApiToken {
        id: service::dice::uuid(),
        name,
        created: now,
        expires,
        last_used: None,
        permissions: new.permissions,
        sites: place.sites,
        device_groups: place.groups,
    };
    let secret = secret::fresh(API_TOKEN_PREFIX);
    let entry = session.audit("token.create", token.id.to_string(), "done", now);
    console
        .store()
        .create_token(session.user(), &token, &secret::sha256(secret.as_bytes()), &[entry])
        .await?;
    Ok((StatusCode::CREATED, Json(CreatedApiToken { token, secret })))
}

/// End an API token of the caller.
#[utoipa::path(delete, path = "/api/v1/tokens/{token}", tag = "people", params(("token" = Uuid, Path)),
    responses((status = 204, description = "The token is no longer valid.")))]
pub(crate) async fn revoke_token(
    State(console): State<Console>,
    session: Session,
    Id(token): Id<Uuid>,
) -> Result<StatusCode, Refusal> {
    session.check_whole()?;
    let entry = session.audit("token.revoke", token.to_string(), "done", console.now());
    if console.store().revoke_token(session.user(), token, &[entry]).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::not_found("API token", token))
    }
}
