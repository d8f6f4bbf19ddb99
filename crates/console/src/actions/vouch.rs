//! Callers who cannot sign: the site's owner decides for whom the console may vouch.

use action::{Reason, SiteId, Timestamp};
use axum::http::StatusCode;

use super::permit::ActPermit;
use crate::{
    problem::{Refusal, sentence},
    state::Console,
};

/// Checks that the site would take the console's word for the caller, as far as the site has said for whom it does. The
/// site itself decides; this only tells the caller at once.
pub(super) async fn check(
    console: &Console,
    permit: &ActPermit,
    site: SiteId,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(grants) = console.store().vouching(permit.tenant(), site).await? else { return Ok(()) };
    let token = permit.session().token();
    let granted =
        grants.iter().any(|grant| grant.user == permit.user() && grant.token == token && now < grant.expires);
    if granted {
        return Ok(());
    }
    let reason = Reason::ProofMissing;
    let entry = permit.session().audit("action.create", site.to_string(), "refused: proof missing", now);
    console.audit_refusal(entry).await?;
    let title = "The request is not signed";
    Err(Refusal::new(StatusCode::FORBIDDEN, "proof-missing", title, sentence(&reason), reason.fix()))
}
