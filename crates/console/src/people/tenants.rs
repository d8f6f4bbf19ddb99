//! Tenants: the business of the console's operator.

use action::TenantId;
use axum::{Json, extract::State, http::StatusCode};
use console_api::{NewTenant, Role, Tenant};

use super::{
    checked_name,
    permit::{ManageTenants, Permit},
    users,
};
use crate::{problem::Refusal, read::Body, state::Console};

/// List the tenants of the console.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "people", responses((status = 200, body = Vec<Tenant>)))]
pub(crate) async fn list_tenants(
    State(console): State<Console>,
    _permit: Permit<ManageTenants>,
) -> Result<Json<Vec<Tenant>>, Refusal> {
    Ok(Json(console.store().tenants().await?))
}

/// Make a tenant with its first administrator.
#[utoipa::path(post, path = "/api/v1/tenants", tag = "people", request_body = NewTenant,
    responses((status = 201, body = Tenant)))]
pub(crate) async fn create_tenant(
    State(console): State<Console>,
    permit: Permit<ManageTenants>,
    Body(new): Body<NewTenant>,
) -> Result<(StatusCode, Json<Tenant>), Refusal> {
    let now = console.now();
    if new.administrator.role != Role::Administrator {
        let detail = "The first person of a tenant must be an administrator.";
        return Err(Refusal::not_valid("administrator.role", detail, "Use the role `Administrator`."));
    }
    if new.administrator.password.is_none() {
        let detail = "The first administrator of a tenant needs a password.";
        return Err(Refusal::not_valid(
            "administrator.password",
            detail,
            "Send one of 12 characters or more.",
        ));
    }
    let tenant =
        Tenant { id: TenantId(service::dice::uuid()), name: checked_name("name", &new.name)?, created: now };
    let (administrator, _) =
        users::account(&console, &new.administrator, tenant.id, "administrator.").await?;
    let entry = permit.audit("tenant.create", tenant.name.clone(), now);
    match console.store().create_tenant(&tenant, &administrator, &[entry]).await {
        Err(error) if error.is_constraint() => Err(users::name_taken("name", &tenant.name)),
        stored => {
            stored?;
            Ok((StatusCode::CREATED, Json(tenant)))
        }
    }
}
