//! Every answer that is not what was asked for is made here: a problem (RFC 9457) that names the thing and the fix.
//!
//! What the outside is told and what the log is told are two texts.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use console_api::{PROBLEM_JSON, Problem};
use database::DbError;
use service::error::Chain;

use crate::people::permission::Permission;

/// A request that is not carried out.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Box<Problem>,
    inside: Option<String>,
}

/// What the log is told of a failure: travels with the answer to where it is logged.
#[derive(Clone, Debug)]
pub(crate) struct Inside(pub(crate) String);

/// How long a caller should wait when the database is busy or away.
const AWAY_SECONDS: u64 = 5;

impl Refusal {
    /// Makes a refusal. `word` names the kind of problem and does not change.
    pub(crate) fn new(
        status: StatusCode,
        word: &str,
        title: &str,
        detail: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let problem = Problem {
            kind: format!("{}{word}", Problem::URN),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            fix: fix.into(),
            field: None,
            permission: None,
            granted_by: Vec::new(),
            retry_after_seconds: None,
            error: None,
        };
        Self { problem: Box::new(problem), inside: None }
    }

    /// There is no such thing, or it is another tenant's: the answer is the same.
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        let detail = format!("There is no {what} `{}`.", short(&id.to_string()));
        let fix = format!("Look the {what} up again: it may have been removed, or belong to another tenant.");
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail, fix)
    }

    /// The request cannot be read.
    pub(crate) fn malformed(detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request cannot be read", detail, fix)
    }

    /// A member of the request can be read and is not valid.
    pub(crate) fn not_valid(field: &str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        let title = "A value is not valid";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not-valid", title, detail, fix).field(field)
    }

    /// What is asked contradicts what is.
    pub(crate) fn conflict(word: &str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, word, "What is asked contradicts what is", detail, fix)
    }

    /// Nobody is signed in.
    pub(crate) fn not_signed_in(detail: impl Into<String>) -> Self {
        let fix = "Sign in (`POST /api/v1/sessions`), or send `Authorization: Bearer` with a valid token.";
        Self::new(StatusCode::UNAUTHORIZED, "not-signed-in", "Not signed in", detail, fix)
    }

    /// The caller's role lacks a permission.
    pub(crate) fn not_permitted(permission: Permission, granted_by: Vec<String>) -> Self {
        let reason = action::Reason::CloudPermissionMissing { permission: permission.name().into_owned() };
        let fix = match &*granted_by {
            [] => reason.fix().to_owned(),
            names => {
                let names: Vec<String> = names.iter().map(|name| short(name)).collect();
                format!("Ask {} for a role that holds this permission.", names.join(" or "))
            }
        };
        let mut refusal =
            Self::new(StatusCode::FORBIDDEN, "not-permitted", "Not permitted", sentence(&reason), fix);
        refusal.problem.permission = Some(permission.name().into_owned());
        refusal.problem.granted_by = granted_by;
        refusal
    }

    /// Too much at once.
    pub(crate) fn too_many(detail: impl Into<String>, retry_after_seconds: u64) -> Self {
        let fix = format!("Try again in {retry_after_seconds} s.");
        let mut refusal =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many attempts", detail, fix);
        refusal.problem.retry_after_seconds = Some(retry_after_seconds);
        refusal
    }

    /// The console is at fault; the log says more.
    pub(crate) fn internal(inside: impl Into<String>) -> Self {
        let fix = "Try again; if it stays, ask the console's operator to look into AdminCenter.log.";
        let detail = "The console failed to answer this request.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The console failed", detail, fix)
            .inside(inside)
    }

    /// The console cannot answer now.
    pub(crate) fn unavailable(detail: impl Into<String>, inside: Option<String>) -> Self {
        let fix = format!("Try again in {AWAY_SECONDS} s.");
        let title = "The console cannot answer now";
        let mut refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", title, detail, fix);
        refusal.problem.retry_after_seconds = Some(AWAY_SECONDS);
        refusal.inside = inside;
        refusal
    }

    /// Names the member, parameter or header that is at fault.
    #[must_use]
    pub(crate) fn field(mut self, field: &str) -> Self {
        self.problem.field = Some(field.to_owned());
        self
    }

    /// Returns what is wrong and what to do, for callers that speak no HTTP.
    pub(crate) fn texts(self) -> (String, String) {
        (self.problem.detail, self.problem.fix)
    }

    /// Whether it is a problem of this word.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.problem.kind.strip_prefix(Problem::URN) == Some(word)
    }

    fn inside(mut self, inside: impl Into<String>) -> Self {
        self.inside = Some(inside.into());
        self
    }
}

/// Returns a text from outside as a problem repeats it: a part of it.
pub(crate) fn short(text: &str) -> String {
    const LETTERS: usize = 80;
    text.chars().filter(|c| !c.is_control()).take(LETTERS).collect()
}

/// Returns a reason as a sentence.
pub(crate) fn sentence(text: &impl std::fmt::Display) -> String {
    let text = text.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        let inside = Chain(&error).to_string();
        if error.is_full() {
            Self::unavailable("The disk of the console's database is full; nothing was stored.", Some(inside))
        } else if error.is_transient() {
            Self::unavailable("The console's database is busy or away; nothing was stored.", Some(inside))
        } else {
            Self::internal(inside)
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.problem.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let mut problem = self.problem;
        problem.error = None;
        response.extensions_mut().insert(*problem);
        if let Some(inside) = self.inside {
            response.extensions_mut().insert(Inside(inside));
        }
        response
    }
}
