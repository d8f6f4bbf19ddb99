//! Sites, shown.

use action::SiteId;
use axum::{Json, extract::State};
use console_api::Site;

use crate::{
    people::permit::{Permit, ReadSites},
    problem::Refusal,
    read::Id,
    state::Console,
};

/// List the tenant's sites.
#[utoipa::path(get, path = "/api/v1/sites", tag = "sites", responses((status = 200, body = Vec<Site>)))]
pub(crate) async fn list_sites(
    State(console): State<Console>,
    permit: Permit<ReadSites>,
) -> Result<Json<Vec<Site>>, Refusal> {
    let mut sites = console.store().sites(permit.tenant()).await?;
    sites.retain(|site| permit.reach().touches(site.id));
    Ok(Json(sites))
}

/// Show a site.
#[utoipa::path(get, path = "/api/v1/sites/{site}", tag = "sites", params(("site" = uuid::Uuid, Path)),
    responses((status = 200, body = Site)))]
pub(crate) async fn show_site(
    State(console): State<Console>,
    permit: Permit<ReadSites>,
    Id(site): Id<SiteId>,
) -> Result<Json<Site>, Refusal> {
    permit.check_site(site)?;
    let found = console.store().site(permit.tenant(), site).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("site", site))?))
}
