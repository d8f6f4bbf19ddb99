//! The admin center's page: files that are part of this program, sent with a policy that lets a browser load nothing else.
//!
//! A debug build reads them from `web/dist` each time; a release build carries them. Where the page was not built, the
//! console says so in its place, and everything else works.

use std::borrow::Cow;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rust_embed::RustEmbed;
use service::dice;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

/// A build with this variable is made again when the page has changed: cargo does not see files that are new in a folder.
const _: Option<&str> = option_env!("TENON_PAGE");

/// Stands in `index.html` where each answer has a nonce of its own.
const NONCE: &str = "tenon-style-nonce";

/// Names carry the hash of their content: what a browser has of such a name never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tenon</title>\
    <h1>The page was not built into this console</h1>\
    <p>The API and the program <code>tenon</code> work. To have the page, build with <code>cargo xtask demo</code> or \
    <code>cargo xtask dist</code>, which need Node.js.</p></html>";

/// Returns what a browser that asks for a part of the page gets; `None` where the path is none of the page's.
pub(crate) fn answer(request: &Request) -> Option<Response> {
    let path = request.uri().path();
    if !matches!(*request.method(), Method::GET | Method::HEAD)
        || path.starts_with("/api/")
        || path.starts_with("/v1.0/")
    {
        return None;
    }
    if let Some(name) = path.strip_prefix("/assets/") {
        return asset(name, request.headers());
    }
    // Every other address is a screen, for a browser that walks there; a script that asks for data is told the truth.
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    (path == "/" || accept.is_some_and(|accept| accept.contains("text/html"))).then(page)
}

fn asset(name: &str, asked: &HeaderMap) -> Option<Response> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !name.chars().all(plain) || name.starts_with('.') {
        return None;
    }
    let kind = match name.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let file = Files::get(&format!("assets/{name}"))?;
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let packed = accepts_gzip(asked).then(|| Files::get(&format!("assets/{name}.gz"))).flatten();

    let unchanged = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let mut response = if unchanged.is_some_and(|tags| tags.contains(&*tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if let Some(packed) = packed {
        let mut response = body(packed.data).into_response();
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        body(file.data).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).ok()?);
    Some(response)
}

/// Sends `index.html`. It is small and names all else, so nobody keeps it: the next version is there at the next visit.
fn page() -> Response {
    let nonce = STANDARD.encode(dice::bytes::<16>());
    let (text, style) = match Files::get("index.html") {
        Some(file) => {
            let text = String::from_utf8_lossy(&file.data).replace(NONCE, &nonce);
            (text, format!("'self' 'nonce-{nonce}'"))
        }
        None => (NOT_BUILT.to_owned(), "'none'".to_owned()),
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src {style}; img-src 'self'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn body(data: Cow<'static, [u8]>) -> axum::body::Body {
    match data {
        Cow::Borrowed(bytes) => bytes.into(),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.split(',').any(|way| way.trim().eq_ignore_ascii_case("gzip")))
}

#[cfg(test)]
mod tests;
