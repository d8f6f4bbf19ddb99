//! A person has a site upload its devices now.

use action::SiteId;
use axum::{Json, extract::State, http::StatusCode};
use console_api::SyncBegun;
use site_link::{Answer, Question};

use crate::{
    people::permit::{Permit, ReadSites},
    problem::Refusal,
    read::Id,
    state::Console,
};

/// Have a site upload all its devices now. The devices follow within seconds, at most once a minute in full.
#[utoipa::path(post, path = "/api/v1/sites/{site}/sync", tag = "sites", params(("site" = uuid::Uuid, Path)),
    responses((status = 202, body = SyncBegun)))]
pub(crate) async fn sync_site(
    State(console): State<Console>,
    permit: Permit<ReadSites>,
    Id(site): Id<SiteId>,
) -> Result<(StatusCode, Json<SyncBegun>), Refusal> {
    permit.check_site(site)?;
    match console.ask_site(permit.tenant(), site, Question::UploadDevices).await? {
        Answer::Done => Ok((StatusCode::ACCEPTED, Json(SyncBegun { site, at: console.now() }))),
        answer => Err(crate::sites::answered_otherwise(answer)),
    }
}
