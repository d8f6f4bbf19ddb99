//! Signing in at a tenant's OpenID Connect provider: authorization code with PKCE, one client for the page and one for
//! the command line.
//!
//! [`begin`] sends a browser to the provider, [`finish`] takes the answer; the command line goes there itself and shows what it
//! got ([`key`]). [`provider`] knows the provider's addresses
//! and keys, [`token`] reads what it says of the person. Whatever the console fetches goes through the crate `outside`.

mod client;
pub(crate) mod provider;
mod token;
pub(crate) mod settings;
mod begin;
mod finish;
mod key;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use begin::LASTS;

use crate::state::Console;

/// Where the provider sends a browser back to.
const RETURN_PATH: &str = "/api/v1/sign-in/openid/return";

/// Returns the endpoints of signing in at a provider.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new()
        .routes(routes!(settings::show_sign_in_settings, settings::put_sign_in_settings))
        .routes(routes!(begin::go_to_provider))
        .routes(routes!(finish::return_from_provider))
        .routes(routes!(key::sign_in_with_key))
}
