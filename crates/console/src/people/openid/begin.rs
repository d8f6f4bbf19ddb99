//! A sign-in of the page begins: the browser is sent to the provider.

use std::time::Duration;

use action::TenantId;
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use console_api::OpenIdSettings;
use openidconnect::{
    AuthenticationFlow, ClientId, CsrfToken, Nonce, PkceCodeChallenge, RedirectUrl, Scope,
    core::{CoreClient, CoreResponseType},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{RETURN_PATH, provider::ProviderError};
use crate::{
    people::{cookie, methods},
    problem::{Refusal, short},
    read::Query,
    secret,
    state::Console,
    store::Begun,
    web::Caller,
};

/// How long a person has at the provider: time for a second factor, and for a new password.
pub(crate) const LASTS: Duration = Duration::from_mins(10);

/// What a ticket begins with.
const TICKET_PREFIX: &str = "tnt_";

/// The longest path to go on at, in bytes.
const LONGEST_PATH: usize = 500;

/// Which tenant, and where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The tenant's name; needed where the console has several.
    tenant: Option<String>,
    /// The path of the console at which the browser goes on; `/` where absent.
    return_to: Option<String>,
    /// The commitment to a key of the page (docs/protocol/proof.md); the console's own nonce where absent.
    nonce: Option<String>,
}

/// Send a browser to the tenant's provider. It comes back with a session, or to `/?sign-in-problem=WORD`.
#[utoipa::path(get, path = "/api/v1/sign-in/openid", tag = "sign-in", params(Wanted), security(()),
    responses((status = 303, description = "To the provider.")))]
pub(crate) async fn go_to_provider(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Query(wanted): Query<Wanted>,
) -> Result<(StatusCode, HeaderMap), Refusal> {
    let return_to = checked_path(wanted.return_to.as_deref().unwrap_or("/"))?;
    let redirect = format!("{}{RETURN_PATH}", console.config().origin());
    let nonce = match wanted.nonce {
        Some(nonce) => checked_nonce(nonce)?,
        None => secret::fresh(""),
    };
    let ask = Ask { tenant: wanted.tenant.as_deref(), redirect, return_to, nonce };
    let (url, ticket) = begin(&console, &caller, ask).await?;
    let mut headers = HeaderMap::new();
    headers.append(header::SET_COOKIE, cookie::ticket(console.config(), &ticket)?);
    let url = HeaderValue::from_str(&url).map_err(|_| Refusal::internal("an address is no header"))?;
    headers.insert(header::LOCATION, url);
    Ok((StatusCode::SEE_OTHER, headers))
}

struct Ask<'a> {
    tenant: Option<&'a str>,
    redirect: String,
    return_to: String,
    nonce: String,
}

/// Keeps what is needed to finish, and returns the provider's address and the ticket.
async fn begin(console: &Console, caller: &Caller, ask: Ask<'_>) -> Result<(String, String), Refusal> {
    let now = console.now();
    if let Err(seconds) = console.limits().attempt(caller.address, &short(&caller.address.to_string()), now) {
        return Err(Refusal::too_many("Too many attempts to sign in from here.", seconds));
    }
    let (tenant, openid) = provider_of(console, ask.tenant).await?;
    let metadata = console.providers().get(&openid.issuer, now).await;
    let metadata = metadata.map_err(|error| away(console, &openid.issuer, &error))?;
    let redirect =
        RedirectUrl::new(ask.redirect.clone()).map_err(|error| Refusal::internal(error.to_string()))?;
    let client_id = ClientId::new(openid.page_client_id.clone());
    let client =
        CoreClient::from_provider_metadata((*metadata).clone(), client_id, None).set_redirect_uri(redirect);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (ticket, state) = (secret::fresh(TICKET_PREFIX), secret::fresh(""));
    let (of_state, of_nonce) = (state.clone(), ask.nonce.clone());
    let mut request = client.authorize_url(
        AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
        move || CsrfToken::new(of_state),
        move || Nonce::new(of_nonce),
    );
    for scope in std::iter::once("profile").chain(openid.scopes.iter().map(String::as_str)) {
        request = request.add_scope(Scope::new(scope.to_owned()));
    }
    let (url, ..) = request.set_pkce_challenge(challenge).url();
    let begun = Begun {
        state: secret::sha256(state.as_bytes()),
        tenant,
        ticket: secret::sha256(ticket.as_bytes()),
        nonce: ask.nonce,
        verifier: verifier.into_secret(),
        redirect: ask.redirect,
        return_to: ask.return_to,
        expires: now.plus(LASTS),
    };
    if !console.store().begin_sign_in(&begun, now).await? {
        return Err(Refusal::too_many("Too many sign-ins have begun and not ended.", LASTS.as_secs()));
    }
    Ok((url.into(), ticket))
}

/// Returns the provider of a tenant.
pub(super) async fn provider_of(
    console: &Console,
    tenant: Option<&str>,
) -> Result<(TenantId, OpenIdSettings), Refusal> {
    let none = || {
        let detail = "The tenant has no provider, or there is no such tenant.";
        Refusal::conflict(
            "no-provider",
            detail,
            "Sign in with an account of the console, or name the tenant.",
        )
        .field("tenant")
    };
    let found = methods::tenant(console, tenant).await?.ok_or_else(none)?;
    let settings = console.store().sign_in_settings(found.id).await?;
    Ok((found.id, settings.openid.ok_or_else(none)?))
}

/// Says that a provider does not answer; the log says why.
pub(crate) fn away(console: &Console, issuer: &str, error: &ProviderError) -> Refusal {
    let told = error.told();
    console.log().warn(format_args!("Failed to reach the provider {issuer}: {told}."));
    let fix = "Try again; if it stays, have an administrator look at the sign-in settings of the tenant.";
    let title = "The provider does not answer";
    Refusal::new(
        StatusCode::BAD_GATEWAY,
        "provider-away",
        title,
        "The tenant's provider cannot be used now.",
        fix,
    )
}

/// Checks that a nonce is a commitment: 32 bytes in base64url.
fn checked_nonce(nonce: String) -> Result<String, Refusal> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if nonce.len() == 43 && nonce.bytes().all(fits) {
        return Ok(nonce);
    }
    let detail = "`nonce` is no commitment to a key.";
    Err(Refusal::not_valid("nonce", detail, "Send 32 bytes in base64url, or leave it out."))
}

/// Checks that a path is one of this console: nothing that a browser would take for another origin.
fn checked_path(path: &str) -> Result<String, Refusal> {
    let own = path.starts_with('/') && !path.starts_with("//") && path.len() <= LONGEST_PATH;
    if own && path.chars().all(|c| c.is_ascii_graphic() && c != '\\') {
        return Ok(path.to_owned());
    }
    let detail = "`return_to` is no path of this console.";
    Err(Refusal::not_valid(
        "return_to",
        detail,
        "Send a path that begins with one `/`, escaped as in an address.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_goes_on_at_this_console_only() {
        for (path, good) in [
            ("/", true),
            ("/devices?site=1#top", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("devices", false),
            ("/a b", false),
            ("/a\r\nSet-Cookie:x", false),
        ] {
            assert_eq!(checked_path(path).is_ok(), good, "{path}");
        }
    }
}
