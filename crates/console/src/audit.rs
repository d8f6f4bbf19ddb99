//! The audit, shown.

use axum::{Json, extract::State};
use console_api::{AuditEntry, Page};
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

/// Returns the endpoints about the audit.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new().routes(routes!(list_audit))
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
