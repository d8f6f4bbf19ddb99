//! The audit, shown.

use action::SiteId;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use console_api::{AuditEntry, AuditHead, Page, SiteAudit};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    page,
    people::permit::{ManageAudit, Permit, ReadAudit},
    problem::Refusal,
    read::{Id, Query},
    sites::{NotCompared, answered_otherwise, no_answer},
    state::Console,
};

/// The most entries of one export: some megabytes.
const EXPORTED: u32 = 10_000;

/// Returns the endpoints about the audit.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new()
        .routes(routes!(list_audit))
        .routes(routes!(export_audit))
        .routes(routes!(show_audit_head))
        .routes(routes!(list_site_audits))
        .routes(routes!(verify_site_audit))
        .routes(routes!(forget_site_audit))
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many a page holds, 1000 at most.
    limit: Option<u32>,
}

/// List who did what in the tenant, the newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Wanted),
    responses((status = 200, body = Page<AuditEntry>)))]
pub(crate) async fn list_audit(
    State(console): State<Console>,
    permit: Permit<ReadAudit>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<AuditEntry>>, Refusal> {
    let size = page::size(wanted.limit)?;
    let before: Option<u64> = page::read("after", wanted.after.as_deref())?;
    let before = before.unwrap_or(i64::MAX.unsigned_abs());
    let found = console.store().audit_page(permit.tenant(), before, size + 1).await?;
    Ok(Json(page::of(found, size, |entry| entry.number)))
}

/// From where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Start {
    /// Only entries after this number; all that are kept where it is absent.
    #[serde(default)]
    #[param(required = false)]
    after: u64,
}

/// Export the audit, the oldest entry first: one JSON object a line, 10,000 at most. Ask again after the last number for
/// more; no line is the end.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(Start),
    responses((status = 200, body = AuditEntry, content_type = "application/x-ndjson")))]
pub(crate) async fn export_audit(
    State(console): State<Console>,
    permit: Permit<ReadAudit>,
    Query(from): Query<Start>,
) -> Result<Response, Refusal> {
    if i64::try_from(from.after).is_err() {
        let detail = format!("`after` is {}.", from.after);
        return Err(Refusal::not_valid("after", detail, "Send the number of an entry."));
    }
    let entries = console.store().audit_after(permit.tenant(), from.after, EXPORTED).await?;
    let mut lines = String::new();
    for entry in &entries {
        let line = serde_json::to_string(entry).map_err(|error| Refusal::internal(error.to_string()))?;
        lines.push_str(&line);
        lines.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

/// Show where the tenant's chain ends: to be kept by somebody else, who can later prove that nothing before was changed.
#[utoipa::path(get, path = "/api/v1/audit/head", tag = "audit", responses((status = 200, body = AuditHead)))]
pub(crate) async fn show_audit_head(
    State(console): State<Console>,
    permit: Permit<ReadAudit>,
) -> Result<Json<AuditHead>, Refusal> {
    Ok(Json(console.store().audit_head(permit.tenant()).await?))
}

/// List what is kept of the audits of the tenant's sites: their last heads, signed by them, and whether they still fit.
#[utoipa::path(get, path = "/api/v1/audit/sites", tag = "audit", responses((status = 200, body = Vec<SiteAudit>)))]
pub(crate) async fn list_site_audits(
    State(console): State<Console>,
    permit: Permit<ReadAudit>,
) -> Result<Json<Vec<SiteAudit>>, Refusal> {
    Ok(Json(console.store().site_audits(permit.tenant()).await?))
}

/// Compare the whole audit of a site with what is kept of it, now.
#[utoipa::path(post, path = "/api/v1/audit/sites/{site}/verify", tag = "audit",
    params(("site" = uuid::Uuid, Path)), responses((status = 200, body = SiteAudit)))]
pub(crate) async fn verify_site_audit(
    State(console): State<Console>,
    permit: Permit<ReadAudit>,
    Id(site): Id<SiteId>,
) -> Result<Json<SiteAudit>, Refusal> {
    let found = console.store().site(permit.tenant(), site).await?;
    let found = found.ok_or_else(|| Refusal::not_found("site", site))?;
    match console.compare_whole_audit(site).await {
        Ok(()) => {}
        Err(NotCompared::NoAnswer(none)) => return Err(no_answer(none, &found)),
        Err(NotCompared::Otherwise(answer)) => return Err(answered_otherwise(*answer)),
        Err(NotCompared::Store(error)) => return Err(error.into()),
    }
    let kept = console.store().site_audits(permit.tenant()).await?;
    let kept = kept.into_iter().find(|kept| kept.site == site);
    Ok(Json(kept.ok_or_else(|| Refusal::not_found("site", site))?))
}

/// Forget what is kept of a site's audit, and begin anew with what it is now: after the site was restored from a backup.
#[utoipa::path(post, path = "/api/v1/audit/sites/{site}/forget", tag = "audit",
    params(("site" = uuid::Uuid, Path)), responses((status = 204)))]
pub(crate) async fn forget_site_audit(
    State(console): State<Console>,
    permit: Permit<ManageAudit>,
    Id(site): Id<SiteId>,
) -> Result<StatusCode, Refusal> {
    let found = console.store().site(permit.tenant(), site).await?;
    found.ok_or_else(|| Refusal::not_found("site", site))?;
    let entry = permit.audit("audit.forget", site.to_string(), console.now());
    console.store().forget_site_audit(site, entry).await?;
    Ok(StatusCode::NO_CONTENT)
}
