//! What sites mirror of their rules: names and counts.

use action::SiteId;
use axum::{Json, extract::State};
use console_api::{Collection, Policy};

use crate::{
    people::permit::{Permit, ReadSites},
    problem::Refusal,
    read::Id,
    state::Console,
};

/// List the collections of a site, as the site last sent them.
#[utoipa::path(get, path = "/api/v1/sites/{site}/collections", tag = "sites", params(("site" = uuid::Uuid, Path)),
    responses((status = 200, body = Vec<Collection>)))]
pub(crate) async fn list_collections(
    State(console): State<Console>,
    permit: Permit<ReadSites>,
    Id(site): Id<SiteId>,
) -> Result<Json<Vec<Collection>>, Refusal> {
    permit.check_site(site)?;
    let found = console.store().collections(permit.tenant(), site).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("site", site))?))
}

/// List the policies of a site, as the site last sent them.
#[utoipa::path(get, path = "/api/v1/sites/{site}/policies", tag = "sites", params(("site" = uuid::Uuid, Path)),
    responses((status = 200, body = Vec<Policy>)))]
pub(crate) async fn list_policies(
    State(console): State<Console>,
    permit: Permit<ReadSites>,
    Id(site): Id<SiteId>,
) -> Result<Json<Vec<Policy>>, Refusal> {
    permit.check_site(site)?;
    let found = console.store().policies(permit.tenant(), site).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("site", site))?))
}
