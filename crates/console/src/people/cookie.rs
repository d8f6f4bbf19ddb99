//! Cookies: one for a session, one for a sign-in that has begun at a provider.
//!
//! Over TLS they are bound to this host by the prefix `__Host-`, which makes browsers insist on `Secure`, `Path=/` and no
//! `Domain`. Without TLS a console answers on a loopback address only, where not every browser keeps such cookies.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::openid::LASTS;
use crate::{config::Config, problem::Refusal};

/// The cookie of a session over TLS, as the API's description names it.
pub(crate) const SESSION: &str = "__Host-tenon";

const PLAIN_SESSION: &str = "tenon";
const TICKET: &str = "__Host-tenon-sign-in";
const PLAIN_TICKET: &str = "tenon-sign-in";

/// Returns the name of the session's cookie.
pub(crate) fn session_name(config: &Config) -> &'static str {
    if config.is_secure() { SESSION } else { PLAIN_SESSION }
}

/// Returns the name of the cookie of a sign-in that has begun.
pub(crate) fn ticket_name(config: &Config) -> &'static str {
    if config.is_secure() { TICKET } else { PLAIN_TICKET }
}

/// Makes the cookie of a session. It goes with no request that another site causes.
pub(crate) fn session(config: &Config, token: &str, lasts: Duration) -> Result<HeaderValue, Refusal> {
    write(config, session_name(config), token, lasts, "Strict")
}

/// Makes the end of a session's cookie.
pub(crate) fn no_session(config: &Config) -> Result<HeaderValue, Refusal> {
    write(config, session_name(config), "", Duration::ZERO, "Strict")
}

/// Makes the cookie of a sign-in that begins. The provider, another site, sends the browser back with it.
pub(crate) fn ticket(config: &Config, ticket: &str) -> Result<HeaderValue, Refusal> {
    write(config, ticket_name(config), ticket, LASTS, "Lax")
}

/// Makes the end of that cookie.
pub(crate) fn no_ticket(config: &Config) -> Result<HeaderValue, Refusal> {
    write(config, ticket_name(config), "", Duration::ZERO, "Lax")
}

/// Returns the value of a cookie that a request carries.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn write(
    config: &Config,
    name: &str,
    value: &str,
    lasts: Duration,
    same_site: &str,
) -> Result<HeaderValue, Refusal> {
    let secure = if config.is_secure() { "; Secure" } else { "" };
    let seconds = lasts.as_secs();
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}{secure}; HttpOnly; SameSite={same_site}");
    HeaderValue::from_str(&text).map_err(|_| Refusal::internal("a cookie cannot be written"))
}
