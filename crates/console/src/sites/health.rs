//! How a site is, as it says itself: asked of it while the person waits.

use action::SiteId;
use axum::{Json, extract::State};
use console_api::{HealthCheck, SiteHealth};
use site_link::{Answer, Question};

use crate::{
    people::permit::{Permit, ReadSites},
    problem::Refusal,
    read::Id,
    state::Console,
};

/// Show how a site is: the checks of `tenon doctor site`, made by the site now.
#[utoipa::path(get, path = "/api/v1/sites/{site}/health", tag = "sites", params(("site" = uuid::Uuid, Path)),
    responses((status = 200, body = SiteHealth)))]
pub(crate) async fn site_health(
    State(console): State<Console>,
    permit: Permit<ReadSites>,
    Id(site): Id<SiteId>,
) -> Result<Json<SiteHealth>, Refusal> {
    permit.check_site(site)?;
    match console.ask_site(permit.tenant(), site, Question::Health).await? {
        Answer::Health(health) => {
            let checks = health.checks.into_iter().map(|check| HealthCheck {
                name: check.name,
                outcome: check.outcome,
                found: check.found,
                fix: check.fix,
            });
            Ok(Json(SiteHealth { site, as_of: health.at, checks: checks.collect() }))
        }
        answer => Err(crate::sites::answered_otherwise(answer)),
    }
}
