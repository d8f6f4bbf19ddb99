//! What a handler reads of a request: body, query and path, each refused with a problem that names what is wrong.

use std::error::Error as _;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{
    problem::{Refusal, short},
    web::LARGEST_BODY,
};

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

/// The parameters of the query.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

/// The id in the path.
#[derive(Debug)]
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let detail = match essence {
                "" => "The request has no `Content-Type`.".to_owned(),
                other => format!("The body is `{}`, and only `application/json` is read.", short(other)),
            };
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let fix = "Send JSON with `Content-Type: application/json`.";
            return Err(
                Refusal::new(status, "not-json", "The body is not JSON", detail, fix).field("Content-Type")
            );
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => too_large(),
                _ => Refusal::malformed("The body ended before it was complete.", "Send the request again."),
            })?;
        match axum::Json::<T>::from_bytes(&bytes) {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(json_refusal(&rejection)),
        }
    }
}

/// Says that a body is too large.
pub(crate) fn too_large() -> Refusal {
    let detail = format!("The body is larger than {} KiB.", LARGEST_BODY >> 10);
    let fix = "Send less at once; to reach more devices, aim at a collection.";
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", detail, fix)
}

/// Says what is wrong with a JSON body, and where.
fn json_refusal(rejection: &JsonRejection) -> Refusal {
    let source = rejection.source();
    let said = source.map_or_else(|| rejection.body_text(), ToString::to_string);
    match rejection {
        JsonRejection::JsonDataError(_) => {
            // The source begins with the path of the member, unless that is the body itself.
            let (path, said) = match said.split_once(": ") {
                Some((path, rest)) if is_path(path) => (path.to_owned(), rest.to_owned()),
                _ => (String::new(), said),
            };
            let field = match named(&said) {
                Some(name) if path.is_empty() => name.to_owned(),
                Some(name) if !path.ends_with(name) => format!("{path}.{name}"),
                _ => path,
            };
            let detail = format!("The body does not fit: {}.", part(&said));
            let fix = "Send the members that the API's description names: `GET /api/v1/openapi.json`.";
            let refusal = Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "not-valid",
                "A value is not valid",
                detail,
                fix,
            );
            if field.is_empty() { refusal } else { refusal.field(&field) }
        }
        _ => Refusal::malformed(format!("The body is no JSON: {}.", part(&said)), "Send well-formed JSON."),
    }
}

/// Returns what a parser said, which repeats texts from outside: a part of it.
fn part(said: &str) -> String {
    const LETTERS: usize = 300;
    said.chars().filter(|c| !c.is_control()).take(LETTERS).collect()
}

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '@'))
}

/// Returns the member that serde names in backquotes.
fn named(said: &str) -> Option<&str> {
    let (kind, rest) = said.split_once('`')?;
    let names = kind.starts_with("missing field") || kind.starts_with("unknown field");
    if names { rest.split_once('`').map(|(name, _)| name) } else { None }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                let said = rejection.source().map_or_else(|| rejection.body_text(), ToString::to_string);
                let (path, said) = match said.split_once(": ") {
                    Some((path, rest)) if is_path(path) => (path.to_owned(), rest.to_owned()),
                    _ => (named(&said).unwrap_or("query").to_owned(), said),
                };
                let fix = "Send the parameters that the API's description names: `GET /api/v1/openapi.json`.";
                let detail = format!("The query does not fit: {}.", part(&said));
                Err(Refusal::not_valid(&path, detail, fix))
            }
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Id<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(id)) => Ok(Self(id)),
            Err(_) => {
                let path = short(parts.uri.path());
                let detail = format!("The id in `{path}` is no UUID.");
                Err(Refusal::malformed(detail, "Send an id as the lists show it.").field("id"))
            }
        }
    }
}
