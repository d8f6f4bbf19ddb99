//! The ways to sign in, for somebody who is not signed in.

use axum::{Json, extract::State};
use console_api::{OpenIdMethod, SignInMethods, Tenant};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{problem::Refusal, read::Query, state::Console};

/// Whose ways.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The tenant's name; needed where the console has several.
    tenant: Option<String>,
}

/// Show the ways to sign in. A tenant that is not there looks like one without a provider.
#[utoipa::path(get, path = "/api/v1/sign-in/methods", tag = "sign-in", params(Wanted), security(()),
    responses((status = 200, body = SignInMethods)))]
pub(crate) async fn list_methods(
    State(console): State<Console>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<SignInMethods>, Refusal> {
    let needs_set_up = !console.store().is_set_up().await?;
    let found = tenant(&console, wanted.tenant.as_deref()).await?;
    let needs_tenant = found.is_none() && wanted.tenant.is_none() && !needs_set_up;
    let settings = match &found {
        Some(tenant) => Some(console.store().sign_in_settings(tenant.id).await?),
        None => None,
    };
    let local = settings.as_ref().is_none_or(|settings| settings.local_accounts);
    let openid = settings.zip(found).and_then(|(settings, tenant)| {
        let openid = settings.openid?;
        let start = format!("/api/v1/sign-in/openid?tenant={}", escaped(&tenant.name));
        Some(OpenIdMethod {
            issuer: openid.issuer,
            start,
            tenant: tenant.id,
            console: console.id(),
            cli_client_id: openid.cli_client_id,
            scopes: openid.scopes,
        })
    });
    Ok(Json(SignInMethods { needs_set_up, needs_tenant, local, openid }))
}

/// Returns the tenant of that name; without one, the only tenant that there is.
pub(crate) async fn tenant(console: &Console, name: Option<&str>) -> Result<Option<Tenant>, Refusal> {
    match name {
        Some(name) => Ok(console.store().tenant_named(name).await?),
        None => Ok(console.store().only_tenant().await?),
    }
}

/// Escapes a text for the query of an address.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
