//! The audit, shown.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use console_api::{AuditEntry, AuditHead, Page};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    page,
    people::permit::{Permit, ReadAudit},
    problem::Refusal,
    read::Query,
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
