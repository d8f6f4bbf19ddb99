//! What is refused, in the form that Graph's libraries read.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use console_api::ClientError;
use serde_json::json;
use service::error::Chain;

/// A call that is not carried out.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
}

impl From<ClientError> for Refused {
    fn from(error: ClientError) -> Self {
        let Some(problem) = error.problem() else {
            return Self::new(StatusCode::BAD_GATEWAY, "ServiceNotAvailable", Chain(&error).to_string());
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let code = match status {
            StatusCode::FORBIDDEN => "Forbidden",
            StatusCode::NOT_FOUND => "NotFound",
            StatusCode::TOO_MANY_REQUESTS => "TooManyRequests",
            // The caller's own secret is right; it is the proxy that is not signed in.
            StatusCode::UNAUTHORIZED => {
                let message = "The proxy is not signed in at the console: give it a token (TENON_TOKEN).";
                return Self::new(StatusCode::BAD_GATEWAY, "ServiceNotAvailable", message);
            }
            _ => "BadRequest",
        };
        Self::new(status, code, format!("{} {}", problem.detail, problem.fix))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}
