//! Keys of people: carried to the sites, which alone say whose they are.

use action::SiteId;
use axum::{Json, extract::State, http::StatusCode};
use console_api::{BoundKey, IdToken, KeyAtSite, NewKey, RetiredKey, SiteState, Why};
use futures_util::future::join_all;
use proof::{
    Thumbprint,
    key_binding::{For, KeyBinding, Retirement},
};
use service::error::Chain;
use site_link::{Answer, Question};

use super::session::Session;
use crate::{problem::Refusal, read::Body, sites, state::Console};

/// Fetch the token of the caller's sign-in, once: a page binds a key of its own with it.
#[utoipa::path(post, path = "/api/v1/sessions/current/id-token", tag = "people",
    responses((status = 200, body = IdToken), (status = 404, body = console_api::Problem)))]
pub(crate) async fn take_id_token(
    State(console): State<Console>,
    session: Session,
) -> Result<Json<IdToken>, Refusal> {
    let token = console.store().take_id_token(session.hash()).await?;
    match (session.issuer(), token) {
        (Some(issuer), Some(id_token)) => Ok(Json(IdToken { issuer: issuer.to_owned(), id_token })),
        _ => {
            let detail = "The session has no token, or it was fetched already.";
            let fix = "Sign in again at the provider.";
            Err(Refusal::new(StatusCode::NOT_FOUND, "no-id-token", "No token", detail, fix))
        }
    }
}

/// Have the tenant's sites believe a key of the caller. Each site judges by itself.
#[utoipa::path(post, path = "/api/v1/keys", tag = "people", request_body = NewKey,
    responses((status = 200, body = Vec<KeyAtSite>)))]
pub(crate) async fn bind_key(
    State(console): State<Console>,
    session: Session,
    Body(key): Body<NewKey>,
) -> Result<Json<Vec<KeyAtSite>>, Refusal> {
    // Only the form is looked at here, so that sites are not asked in vain.
    let binding = KeyBinding::verify(For::Sites, &key.binding).map_err(|error| {
        let detail = format!("The binding is refused: {}.", Chain(&error));
        Refusal::not_valid("binding", detail, "Sign in again, with the page or `tenon login`.")
    })?;
    let question = || Question::BindKey { binding: key.binding.clone() };
    Ok(Json(ask_all(&console, &session, binding.key.thumbprint(), question).await?))
}

/// Have the tenant's sites believe a key of the caller no more.
#[utoipa::path(post, path = "/api/v1/keys/retire", tag = "people", request_body = RetiredKey,
    responses((status = 200, body = Vec<KeyAtSite>)))]
pub(crate) async fn retire_key(
    State(console): State<Console>,
    session: Session,
    Body(key): Body<RetiredKey>,
) -> Result<Json<Vec<KeyAtSite>>, Refusal> {
    let jkt = Retirement::key_of(&key.retirement).map_err(|error| {
        let detail = format!("The retirement is refused: {}.", Chain(&error));
        Refusal::not_valid("retirement", detail, "Sign out again.")
    })?;
    let question = || Question::RetireKey { retirement: key.retirement.clone() };
    Ok(Json(ask_all(&console, &session, jkt, question).await?))
}

/// Asks each attached site of the tenant. To one that does not answer it is said when it is there again.
async fn ask_all(
    console: &Console,
    session: &Session,
    key: Thumbprint,
    question: impl Fn() -> Question,
) -> Result<Vec<KeyAtSite>, Refusal> {
    session.check_whole()?;
    let mut all = console.store().sites(session.tenant()).await?;
    all.retain(|site| site.state == SiteState::Attached);
    let asked = all.into_iter().map(|site| {
        let question = question();
        async move {
            let answer = console.ask_site(session.tenant(), site.id, question.clone()).await;
            if answer.is_err() {
                console.late_keys().keep(site.id, key, question, console.now());
            }
            told(site.id, site.name, answer)
        }
    });
    Ok(join_all(asked).await)
}

fn told(site: SiteId, site_name: String, answer: Result<Answer, Refusal>) -> KeyAtSite {
    let mut told = KeyAtSite { site, site_name, bound: None, why: None, unanswered: None };
    match answer {
        Ok(Answer::KeyBound(bound)) => {
            let site_link::KeyBound { user, user_name, jkt, level, until } = bound;
            told.bound = Some(BoundKey { user, user_name, jkt, level, until });
        }
        Ok(Answer::Done) => {}
        Ok(Answer::Refused { reason }) => told.why = Some(Why::from(&reason)),
        Ok(other) => told.unanswered = Some(text(sites::answered_otherwise(other))),
        Err(refusal) => told.unanswered = Some(text(refusal)),
    }
    told
}

fn text(refusal: Refusal) -> String {
    let (detail, fix) = refusal.texts();
    format!("{detail} {fix}")
}
