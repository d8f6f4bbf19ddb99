//! The caller themselves.

use axum::{Json, extract::State, http::StatusCode};
use console_api::{Me, PasswordChange};

use super::{password, session::Session};
use crate::{problem::Refusal, read::Body, state::Console, store::name_key};

/// Who is signed in, and what they may do.
#[utoipa::path(get, path = "/api/v1/me", tag = "people", responses((status = 200, body = Me)))]
pub(crate) async fn me(session: Session) -> Json<Me> {
    Json(session.me())
}

/// Set a new password. All sessions of the person end, this one too.
#[utoipa::path(put, path = "/api/v1/me/password", tag = "people", request_body = PasswordChange,
    responses((status = 204, description = "The password is changed.")))]
pub(crate) async fn change_password(
    State(console): State<Console>,
    session: Session,
    Body(change): Body<PasswordChange>,
) -> Result<StatusCode, Refusal> {
    session.check_whole()?;
    let now = console.now();
    let name = name_key(session.user_name());
    if let Err(seconds) = console.limits().attempt(session.address(), &name, now) {
        return Err(Refusal::too_many("Too many attempts with this name.", seconds));
    }
    let person = console.store().person(session.tenant(), session.user()).await?;
    let hash = person.as_ref().map(|person| &*person.password).filter(|hash| !hash.is_empty());
    if !console.passwords().matches(&change.current, hash).await? {
        let fix = "Send the present password, or have an administrator reset it.";
        return Err(Refusal::not_valid("current", "The present password is wrong.", fix));
    }
    password::check("new", &change.new, session.user_name())?;
    let hash = console.passwords().hash(&change.new).await?;
    let entry = session.audit("user.change_password", session.user().to_string(), "done", now);
    console.store().put_password(session.tenant(), session.user(), &hash, &[entry]).await?;
    Ok(StatusCode::NO_CONTENT)
}
