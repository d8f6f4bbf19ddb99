//! Around every request: who is at the other end, how long and how large anything may be, and headers that keep browsers
//! careful.

use std::{net::IpAddr, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use console_api::{GraphError, PROBLEM_JSON, Problem};
use service::http::PeerAddress;
use tokio::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    assets,
    problem::{Inside, Refusal, short},
    read::too_large,
    state::Console,
};

/// The largest body of a request: 1,000 targets fit twenty times.
pub(crate) const LARGEST_BODY: usize = 1 << 20;

/// How long an answer may take. Streams are answered at once and go on.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The headers of every answer: nothing of the API is a page, and none of it is kept by anybody in between. The page's
/// own files say otherwise themselves (`assets`).
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Who is at the other end of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    /// The caller's address; where a trusted proxy says so, the one that it saw.
    pub(crate) address: IpAddr,
    /// Whether the way from the caller is encrypted, or does not leave this machine.
    secure: bool,
}

impl Caller {
    /// Returns the caller of a request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        let nobody = Self { address: IpAddr::from([0, 0, 0, 0]), secure: false };
        extensions.get().copied().unwrap_or(nobody)
    }

    /// Finds out who the caller is. A header is believed only from a proxy that the operator named.
    fn find(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr], tls: bool) -> Self {
        let peer = peer.to_canonical();
        if !trusted.contains(&peer) {
            return Self { address: peer, secure: tls || peer.is_loopback() };
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<IpAddr> = forwarded
            .flat_map(|value| value.split(','))
            .filter_map(|hop| hop.trim().parse::<IpAddr>().ok().map(|hop| hop.to_canonical()))
            .collect();
        // What is left of the first stranger was written by that stranger.
        let address = hops.iter().rev().find(|hop| !trusted.contains(hop)).copied().unwrap_or(peer);
        let proto = headers.get("x-forwarded-proto").and_then(|proto| proto.to_str().ok());
        let secure = match proto {
            Some(proto) => proto.eq_ignore_ascii_case("https") || address.is_loopback(),
            None => tls,
        };
        Self { address, secure }
    }
}

/// Puts the bounds around all endpoints.
pub(crate) fn around(router: Router<Console>, console: Console) -> Router {
    router
        .fallback(nothing_there)
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(console.clone(), admit))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Refusal::internal("a handler panicked").into_response()
        }))
        .layer(from_fn_with_state(console.clone(), finish))
        .with_state(console)
}

async fn nothing_there(request: Request) -> Response {
    if let Some(page) = assets::answer(&request) {
        return page;
    }
    let detail = format!("There is nothing at `{}`.", short(request.uri().path()));
    let fix = "Look at `GET /api/v1/openapi.json` for what there is.";
    Refusal::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail, fix).into_response()
}

async fn other_method(request: Request) -> Refusal {
    let detail = format!("`{}` does not take {}.", short(request.uri().path()), request.method());
    let fix = "Use a method that the header `Allow` names.";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail, fix)
}

/// Finds out who the caller is, and refuses what is too large or unprotected before any of it is read.
async fn admit(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let config = console.config();
    let peer =
        request.extensions().get::<PeerAddress>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    let caller = Caller::find(peer, request.headers(), &config.trusted_proxies, config.tls.is_some());
    if !caller.secure && request.extensions().get::<PeerAddress>().is_some() {
        let detail = "This request came over plain HTTP from another machine.";
        let fix = format!("Use {}.", config.public_url);
        return Refusal::new(StatusCode::FORBIDDEN, "not-encrypted", "Not encrypted", detail, fix)
            .into_response();
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length > LARGEST_BODY) {
        return too_large().into_response();
    }
    request.extensions_mut().insert(caller);
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("The answer was not ready within {} s.", ANSWER_WITHIN.as_secs());
            Refusal::unavailable(detail, Some("an answer took too long".to_owned())).into_response()
        }
    }
}

/// Logs what the console is at fault for, writes problems for Graph callers, and adds the headers of every answer.
async fn finish(State(console): State<Console>, request: Request, next: Next) -> Response {
    let graph = request.uri().path().starts_with("/v1.0/");
    let method = request.method().clone();
    let path = short(request.uri().path());
    let began = Instant::now();
    let mut response = next.run(request).await;
    console.counters().answered(response.status(), began.elapsed());
    if let Some(Inside(inside)) = response.extensions_mut().remove() {
        console.log().error(format_args!("Failed to answer {method} {path}: {inside}"));
    }
    if graph && let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = for_graph(problem, response.headers());
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if console.config().public_url.starts_with("https://") {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    response
}

/// Writes a problem with the member that callers of Graph read.
fn for_graph(mut problem: Problem, headers: &HeaderMap) -> Response {
    let code = match problem.status {
        400 | 422 => "BadRequest",
        401 => "Unauthenticated",
        403 => "Forbidden",
        404 => "ResourceNotFound",
        409 => "Conflict",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "GeneralException",
    };
    let message = format!("{} {}", problem.detail, problem.fix);
    problem.error = Some(GraphError { code: code.to_owned(), message });
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, serde_json::to_vec(&problem).unwrap_or_default()).into_response();
    let written = response.headers_mut();
    written.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    written.remove(header::CONTENT_LENGTH);
    written.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_believed_from_a_trusted_proxy_only() {
        check("192.0.2.9", "", "", "192.0.2.9 plain");
        check("192.0.2.9", "198.51.100.7", "https", "192.0.2.9 plain");
        check("192.0.2.1", "198.51.100.7", "https", "198.51.100.7 secure");
        check("::ffff:192.0.2.1", "198.51.100.7", "https", "198.51.100.7 secure");
        check("192.0.2.1", "198.51.100.7", "http", "198.51.100.7 plain");
        check("192.0.2.1", "6.6.6.6, 198.51.100.7, 192.0.2.1", "https", "198.51.100.7 secure");
        check("192.0.2.1", "nonsense", "https", "192.0.2.1 secure");
        check("127.0.0.1", "", "", "127.0.0.1 secure");
    }

    #[track_caller]
    fn check(peer: &str, forwarded: &str, proto: &str, expected: &str) {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-forwarded-for", forwarded), ("x-forwarded-proto", proto)] {
            if !value.is_empty() {
                headers.insert(name, value.parse().expect("a header"));
            }
        }
        let trusted = [IpAddr::from([192, 0, 2, 1])];
        let caller = Caller::find(peer.parse().expect("an address"), &headers, &trusted, false);
        let way = if caller.secure { "secure" } else { "plain" };
        assert_eq!(format!("{} {way}", caller.address), expected, "{peer} {forwarded} {proto}");
    }
}
