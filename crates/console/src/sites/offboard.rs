//! The end of an attachment.

use action::SiteId;
use axum::{Json, extract::State};
use console_api::Site;

use crate::{
    people::permit::{OffboardSites, Permit},
    problem::Refusal,
    read::Id,
    state::Console,
};

/// End the attachment of a site: its devices are forgotten, its open actions end, and the site is told when it is there.
#[utoipa::path(post, path = "/api/v1/sites/{site}/offboard", tag = "sites", params(("site" = uuid::Uuid, Path)),
    responses((status = 200, body = Site)))]
pub(crate) async fn offboard_site(
    State(console): State<Console>,
    permit: Permit<OffboardSites>,
    Id(site): Id<SiteId>,
) -> Result<Json<Site>, Refusal> {
    permit.check_whole_site(&console, site).await?;
    let now = console.now();
    let entry = permit.audit("site.offboard", site.to_string(), now);
    let ended = console.store().offboard(permit.tenant(), site, now, &[entry]).await?;
    let found = console.store().site(permit.tenant(), site).await?;
    let found = found.ok_or_else(|| Refusal::not_found("site", site))?;
    if ended {
        console
            .log()
            .field("site", site)
            .info(format_args!("{} offboarded site {site}.", permit.user_name()));
    }
    Ok(Json(found))
}
