//! Sessions: listed, and ended by their person or an administrator.

use action::UserId;
use axum::{Json, extract::State, http::StatusCode};
use console_api::SessionInfo;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    permission::Permission,
    permit::{ManageUsers, Permit},
    session::Session,
};
use crate::{
    problem::Refusal,
    read::{Id, Query},
    state::Console,
};

/// Whose sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Those of this person, for who may manage users.
    #[param(value_type = Option<uuid::Uuid>)]
    user: Option<UserId>,
    /// Those of everybody in the tenant, for who may manage users.
    #[serde(default)]
    all: bool,
}

/// List the caller's sessions, or those of others for who may manage users; the newest first.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "people", params(Wanted),
    responses((status = 200, body = Vec<SessionInfo>)))]
pub(crate) async fn list_sessions(
    State(console): State<Console>,
    session: Session,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<SessionInfo>>, Refusal> {
    session.check_whole()?;
    let whose = if wanted.all { None } else { Some(wanted.user.unwrap_or(session.user())) };
    if whose == Some(session.user()) {
        return Ok(Json(list(&console, &session, whose).await?));
    }
    let permit = Permit::<ManageUsers>::of(session, &console).await?;
    if let Some(user) = whose
        && console.store().person(permit.tenant(), user).await?.is_none()
    {
        return Err(Refusal::not_found("person", user));
    }
    Ok(Json(list(&console, permit.session(), whose).await?))
}

async fn list(
    console: &Console,
    session: &Session,
    whose: Option<UserId>,
) -> Result<Vec<SessionInfo>, Refusal> {
    Ok(console.store().sessions(session.tenant(), whose, session.hash(), console.now()).await?)
}

/// End a session: one's own, or anybody's for who may manage users.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", tag = "people", params(("session" = Uuid, Path)),
    responses((status = 204, description = "The session has ended.")))]
pub(crate) async fn revoke_session(
    State(console): State<Console>,
    session: Session,
    Id(ended): Id<Uuid>,
) -> Result<StatusCode, Refusal> {
    session.check_whole()?;
    let owner = if session.has(Permission::ManageUsers) { None } else { Some(session.user()) };
    let entry = session.audit("session.revoke", ended.to_string(), "done", console.now());
    if console.store().revoke_session(session.tenant(), owner, ended, &[entry]).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::not_found("session", ended))
    }
}

/// End all sessions of a person.
#[utoipa::path(delete, path = "/api/v1/users/{user}/sessions", tag = "people", params(("user" = uuid::Uuid, Path)),
    responses((status = 204, description = "The person is signed out everywhere.")))]
pub(crate) async fn revoke_sessions(
    State(console): State<Console>,
    permit: Permit<ManageUsers>,
    Id(user): Id<UserId>,
) -> Result<StatusCode, Refusal> {
    if console.store().person(permit.tenant(), user).await?.is_none() {
        return Err(Refusal::not_found("person", user));
    }
    let entry = permit.audit("session.revoke_all", user.to_string(), console.now());
    console.store().revoke_sessions(permit.tenant(), user, &[entry]).await?;
    Ok(StatusCode::NO_CONTENT)
}
