//! The management point's end: requests become calls, answers become responses.

use http::{
    Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER},
};
use serde::de::DeserializeOwned;

use crate::{Answer, ByteRange, Call, NotValid, Refusal, Route, path, refusal::PROBLEM};

/// The content type of JSON bodies.
pub(crate) const JSON: &str = "application/json";
/// The content type of signed texts and documents.
const TEXT: &str = "text/plain; charset=utf-8";

/// The header with the version of the management point that answers.
pub const VERSION_HEADER: &str = "tenon-version";

/// The content type of content.
const BYTES: &str = "application/octet-stream";

/// What a request asks for, before its body is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Asked {
    route: Route,
    sha256: [u8; 32],
    range: Option<ByteRange>,
}

impl Asked {
    /// Finds what is asked for.
    ///
    /// # Errors
    ///
    /// Refuses paths that are not the management point's, and other methods than a path's own.
    pub fn find(method: &Method, asked: &str) -> Result<Self, Refusal> {
        let by_hash = |path: &str| asked.strip_prefix(path).and_then(|rest| rest.strip_prefix('/'));
        let (route, sha256) = if let Some(digits) = by_hash(path::DOCUMENT) {
            (Route::Document, hash(digits).ok_or_else(Refusal::document_unknown)?)
        } else if let Some(digits) = by_hash(path::CONTENT) {
            (Route::Content, hash(digits).ok_or_else(Refusal::content_unknown)?)
        } else {
            let has_no_hash = |route: &Route| !matches!(route, Route::Document | Route::Content);
            let found = Route::ALL.into_iter().find(|route| has_no_hash(route) && route.path() == asked);
            (found.ok_or_else(Refusal::path_unknown)?, [0; 32])
        };
        if route.method() != *method {
            return Err(Refusal::method_wrong());
        }

        Ok(Self { route, sha256, range: None })
    }

    /// Takes the `Range` header into account, which only content has.
    #[must_use]
    pub fn with_range(self, header: Option<&str>) -> Self {
        Self { range: header.and_then(ByteRange::read), ..self }
    }

    /// Returns the route, which says who may call and how large the body may be.
    pub fn route(self) -> Route {
        self.route
    }

    /// Reads the body.
    ///
    /// # Errors
    ///
    /// Refuses a body that is larger than the route allows, is not JSON of its shape, or holds texts that are too long.
    pub fn read(self, body: &[u8]) -> Result<Call, Refusal> {
        let limit = self.route.largest_body();
        if body.len() > limit {
            return Err(Refusal::body_too_large(limit));
        }

        match self.route {
            Route::Trust => Ok(Call::Trust),
            Route::Enrol => decode(body, Call::Enrol),
            Route::Renew => decode(body, Call::Renew),
            Route::Manifest => Ok(Call::Manifest),
            Route::Document => Ok(Call::Document { sha256: self.sha256 }),
            Route::Content => match self.range {
                Some(range) => Ok(Call::Content { sha256: self.sha256, range }),
                None => Err(Refusal::range_wrong()),
            },
            Route::State => decode(body, Call::State),
            Route::Time => Ok(Call::Time),
        }
        .and_then(|call| match call.check() {
            Ok(()) => Ok(call),
            Err(what) => Err(Refusal::body_not_valid(&what)),
        })
    }
}

/// Finds and reads a request whose body is whole.
///
/// # Errors
///
/// As [`Asked::find`] and [`Asked::read`].
pub fn read(method: &Method, path: &str, body: &[u8]) -> Result<Call, Refusal> {
    Asked::find(method, path)?.read(body)
}

/// Writes an answer or a refusal.
pub fn respond(outcome: Result<Answer, Refusal>) -> Response<Vec<u8>> {
    let mut range = None;
    let (status, kind, body, retry_after) = match outcome {
        Ok(Answer::Trust(text) | Answer::Manifest(text) | Answer::Time(text)) => {
            (StatusCode::OK, TEXT, text.into_bytes(), None)
        }
        Ok(Answer::Enrolled(answer)) => {
            let body = serde_json::to_vec(&answer).expect("texts and numbers can be written");
            (StatusCode::OK, JSON, body, None)
        }
        Ok(Answer::Document(document)) => (StatusCode::OK, TEXT, document, None),
        Ok(Answer::Content(part)) => {
            range = Some(part.header());
            (StatusCode::PARTIAL_CONTENT, BYTES, part.bytes, None)
        }
        Ok(Answer::Stored) => (StatusCode::NO_CONTENT, TEXT, Vec::new(), None),
        Err(refusal) => (refusal.status, PROBLEM, refusal.encode(), refusal.retry_after),
    };

    // Nothing here is for a cache in between: what is the same for all is fetched by its hash and checked.
    let mut response = Response::builder()
        .status(status)
        .header(CACHE_CONTROL, "no-store")
        .header(VERSION_HEADER, env!("CARGO_PKG_VERSION"));
    if !body.is_empty() {
        response = response.header(CONTENT_TYPE, kind);
    }
    if let Some(range) = range {
        response = response.header(CONTENT_RANGE, range);
    }
    if let Some(seconds) = retry_after {
        response = response.header(RETRY_AFTER, seconds);
    }
    response.body(body).expect("constant names and numbers make a response")
}

fn decode<T: DeserializeOwned>(body: &[u8], call: fn(T) -> Call) -> Result<Call, Refusal> {
    serde_json::from_slice(body).map(call).map_err(|error| Refusal::body_not_valid(&NotValid::json(&error)))
}

/// Returns the hash of 64 hexadecimal digits in lower case: each document has one path.
fn hash(digits: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    let lower = !digits.bytes().any(|byte| byte.is_ascii_uppercase());
    (lower && hex::decode_to_slice(digits, &mut hash).is_ok()).then_some(hash)
}
