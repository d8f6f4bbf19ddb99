//! The agent's end: calls become requests, responses become answers.

use http::{
    Request, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, RANGE, RETRY_AFTER},
};
use serde::Serialize;

use crate::{Answer, Call, EnrolAnswer, Part, Refusal, Route, server::JSON};

/// Why a response brings no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The management point refused.
    #[error("the management point refused: {0}")]
    Refused(Refusal),
    /// The body is larger than any answer to this call.
    #[error("the answer to {} is larger than {limit} bytes", .route.path())]
    TooLarge {
        /// What was asked.
        route: Route,
        /// The limit.
        limit: usize,
    },
    /// The body is not what answers this call.
    #[error("the answer to {} cannot be read", .route.path())]
    NotUnderstood {
        /// What was asked.
        route: Route,
        /// Why.
        source: NotUnderstood,
    },
}

/// What is wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub enum NotUnderstood {
    /// It is not JSON of that shape.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is not text.
    #[error("it is not UTF-8")]
    NotText,
    /// Its `Content-Range` is missing, or not what came.
    #[error("its Content-Range is missing or does not fit its body")]
    Range,
    /// It has another status than the call's.
    #[error("it has the status {0}")]
    Status(StatusCode),
}

/// Writes a call as a request whose URI is the path alone. Texts that are too long for the wire are cut.
pub fn request(call: &Call) -> Request<Vec<u8>> {
    let route = call.route();
    let path = match call {
        Call::Document { sha256 } | Call::Content { sha256, .. } => {
            format!("{}/{}", route.path(), hex::encode(sha256))
        }
        Call::Trust | Call::Enrol(_) | Call::Renew(_) | Call::Manifest | Call::State(_) | Call::Time => {
            route.path().to_owned()
        }
    };
    let body = match call {
        Call::Enrol(request) => Some(json(&request.fitted())),
        Call::Renew(request) => Some(json(request)),
        Call::State(message) => Some(json(&message.fitted())),
        Call::Trust | Call::Manifest | Call::Document { .. } | Call::Content { .. } | Call::Time => None,
    };

    let mut request = Request::builder().method(route.method()).uri(path);
    if let Call::Content { range, .. } = call {
        request = request.header(RANGE, range.to_string());
    }
    if let Some(body) = &body {
        request = request.header(CONTENT_TYPE, JSON).header(CONTENT_LENGTH, body.len());
    }
    request
        .body(body.unwrap_or_default())
        .expect("constant paths, hexadecimal digits and numbers make a request")
}

/// Reads the response to a call made at `route`.
///
/// # Errors
///
/// Says that the management point refused, or that what came is no answer to this call.
pub fn read(route: Route, response: &Response<impl AsRef<[u8]>>) -> Result<Answer, NoAnswer> {
    let (status, body) = (response.status(), response.body().as_ref());
    if status.is_client_error() || status.is_server_error() {
        return Err(NoAnswer::Refused(Refusal::decode(status, retry_after(response.headers()), body)));
    }
    let limit = route.largest_answer();
    if body.len() > limit {
        return Err(NoAnswer::TooLarge { route, limit });
    }

    let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    answer(route, status, range, body).map_err(|source| NoAnswer::NotUnderstood { route, source })
}

fn answer(
    route: Route,
    status: StatusCode,
    range: Option<&str>,
    body: &[u8],
) -> Result<Answer, NotUnderstood> {
    let expected = match route {
        Route::State => StatusCode::NO_CONTENT,
        Route::Content => StatusCode::PARTIAL_CONTENT,
        Route::Trust | Route::Enrol | Route::Renew | Route::Manifest | Route::Document | Route::Time => {
            StatusCode::OK
        }
    };
    if status != expected {
        return Err(NotUnderstood::Status(status));
    }
    let text = || std::str::from_utf8(body).map(str::to_owned).map_err(|_| NotUnderstood::NotText);

    Ok(match route {
        Route::Trust => Answer::Trust(text()?),
        Route::Enrol | Route::Renew => Answer::Enrolled(serde_json::from_slice::<EnrolAnswer>(body)?),
        Route::Manifest => Answer::Manifest(text()?),
        Route::Document => Answer::Document(body.to_vec()),
        Route::Content => {
            let part = range.and_then(|range| Part::read(range, body));
            Answer::Content(part.ok_or(NotUnderstood::Range)?)
        }
        Route::State => Answer::Stored,
        Route::Time => Answer::Time(text()?),
    })
}

fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("texts, numbers and lists can be written")
}
