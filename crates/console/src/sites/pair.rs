//! Carries the two messages of a pairing between a person's program and a site. The console cannot make or change either.

use action::SiteId;
use axum::{Json, extract::State};
use console_api::{PairingMessage, PairingPlace, SiteState};
use proof::pairing::LARGEST;
use site_link::{Answer, Question};

use crate::{
    people::session::Session,
    problem::Refusal,
    read::{Body, Id},
    state::Console,
};

/// What a message of a pairing with a site says about where the caller is.
#[utoipa::path(get, path = "/api/v1/sites/{site}/pair", tag = "sites", params(("site" = uuid::Uuid, Path)),
    responses((status = 200, body = PairingPlace)))]
pub(crate) async fn pairing_place(
    State(console): State<Console>,
    session: Session,
    Id(site): Id<SiteId>,
) -> Result<Json<PairingPlace>, Refusal> {
    let found = console.store().site(session.tenant(), site).await?;
    if !found.is_some_and(|site| site.state == SiteState::Attached) {
        return Err(Refusal::not_found("site", site));
    }
    let (tenant, user) = (session.tenant(), session.user());
    Ok(Json(PairingPlace { tenant, site, console: console.id(), user }))
}

/// Carry a message of a pairing to a site, and return the site's. The site knows the key from then on.
#[utoipa::path(post, path = "/api/v1/sites/{site}/pair", tag = "sites", params(("site" = uuid::Uuid, Path)),
    request_body = PairingMessage, responses((status = 200, body = PairingMessage)))]
pub(crate) async fn pair(
    State(console): State<Console>,
    session: Session,
    Id(site): Id<SiteId>,
    Body(PairingMessage { message }): Body<PairingMessage>,
) -> Result<Json<PairingMessage>, Refusal> {
    session.check_whole()?;
    if message.len() > LARGEST {
        let detail = format!("The message is longer than {LARGEST} bytes.");
        return Err(Refusal::not_valid("message", detail, "Use `tenon pair CODE`."));
    }
    match console.ask_site(session.tenant(), site, Question::Pair { message }).await? {
        Answer::Paired { message } => {
            let entry = session.audit("site.pair", site.to_string(), "done", console.now());
            console.store().audit(&[entry]).await?;
            Ok(Json(PairingMessage { message }))
        }
        other => {
            let entry = session.audit("site.pair", site.to_string(), "refused by the site", console.now());
            console.store().audit(&[entry]).await?;
            Err(crate::sites::answered_otherwise(other))
        }
    }
}
