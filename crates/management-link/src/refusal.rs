//! How the management point says no: problem details (RFC 9457) with what the reader can do about it.
//!
//! A refusal says nothing that helps an attacker: all reasons for which a token or a certificate is refused look the
//! same from outside. The site's own log has the reason.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::{LARGEST_BODY, NotValid};

/// The content type of a refusal.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// What begins each refusal's type.
const TYPE: &str = "urn:tenon:management-point:";

/// A call that was not carried out.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{title}: {detail} {fix}")]
pub struct Refusal {
    /// Which refusal it is.
    pub kind: RefusalKind,
    /// The status of the answer.
    pub status: StatusCode,
    /// A few words, the same for each refusal of its kind.
    pub title: String,
    /// What is the matter, one sentence.
    pub detail: String,
    /// What to do about it, one sentence.
    pub fix: String,
    /// How long to wait before the next attempt, in seconds, where the management point says so.
    pub retry_after: Option<u32>,
}

/// The refusals that there are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RefusalKind {
    /// There is nothing at this path.
    PathUnknown,
    /// The path takes another method.
    MethodWrong,
    /// The body is larger than the call allows.
    BodyTooLarge,
    /// The body is not what the call takes.
    BodyNotValid,
    /// The call needs a device's certificate, and none was shown.
    CertificateMissing,
    /// The certificate that was shown may not make this call.
    CertificateRefused,
    /// The device was not admitted.
    EnrolmentRefused,
    /// The certificate was not renewed.
    RenewalRefused,
    /// The site has no document with this hash.
    DocumentUnknown,
    /// The site has no content with this hash, or nothing at that place of it.
    ContentUnknown,
    /// The call names no range, or one that is too large.
    RangeWrong,
    /// No task has asked this device for what it sends.
    NotAsked,
    /// Too many calls from this address.
    TooMany,
    /// The site cannot answer now.
    Unavailable,
    /// A refusal that this version does not know, or an answer of something that is no management point.
    Other,
}

/// A refusal as it is written.
#[derive(Serialize, Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    title: String,
    status: u16,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    fix: String,
}

impl RefusalKind {
    const NAMED: [(RefusalKind, &'static str, StatusCode, &'static str); 14] = [
        (RefusalKind::PathUnknown, "path-unknown", StatusCode::NOT_FOUND, "Path unknown"),
        (RefusalKind::MethodWrong, "method-wrong", StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"),
        (RefusalKind::BodyTooLarge, "body-too-large", StatusCode::PAYLOAD_TOO_LARGE, "Body too large"),
        (RefusalKind::BodyNotValid, "body-not-valid", StatusCode::BAD_REQUEST, "Body not valid"),
        (
            RefusalKind::CertificateMissing,
            "certificate-missing",
            StatusCode::UNAUTHORIZED,
            "Certificate missing",
        ),
        (
            RefusalKind::CertificateRefused,
            "certificate-refused",
            StatusCode::FORBIDDEN,
            "Certificate refused",
        ),
        (RefusalKind::EnrolmentRefused, "enrolment-refused", StatusCode::FORBIDDEN, "Enrolment refused"),
        (RefusalKind::RenewalRefused, "renewal-refused", StatusCode::FORBIDDEN, "Renewal refused"),
        (RefusalKind::DocumentUnknown, "document-unknown", StatusCode::NOT_FOUND, "Document unknown"),
        (RefusalKind::ContentUnknown, "content-unknown", StatusCode::NOT_FOUND, "Content unknown"),
        (RefusalKind::RangeWrong, "range-wrong", StatusCode::RANGE_NOT_SATISFIABLE, "Range not satisfiable"),
        (RefusalKind::NotAsked, "not-asked", StatusCode::CONFLICT, "Not asked for"),
        (RefusalKind::TooMany, "too-many", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        (RefusalKind::Unavailable, "unavailable", StatusCode::SERVICE_UNAVAILABLE, "Not available now"),
    ];
}

impl Refusal {
    /// There is nothing at this path.
    pub fn path_unknown() -> Self {
        Self::of(
            RefusalKind::PathUnknown,
            "The management point answers nothing at this path.",
            "Check the URL in the join token or the trust document.",
        )
    }

    /// The path takes another method.
    pub fn method_wrong() -> Self {
        Self::of(
            RefusalKind::MethodWrong,
            "The path takes another method.",
            "Update the agent: it speaks another version of the wire.",
        )
    }

    /// The body is larger than `limit` bytes.
    pub fn body_too_large(limit: usize) -> Self {
        let detail = if limit == 0 {
            "The call takes no body.".to_owned()
        } else {
            format!("The body of this call may have at most {limit} bytes.")
        };
        Self::of(RefusalKind::BodyTooLarge, detail, "Send less.")
    }

    /// The body is not what the call takes.
    pub fn body_not_valid(what: &NotValid) -> Self {
        Self::of(
            RefusalKind::BodyNotValid,
            format!("The body is not valid: {what}."),
            "Update the agent, or correct the named member.",
        )
    }

    /// The call needs a device's certificate, and none was shown.
    pub fn certificate_missing() -> Self {
        Self::of(
            RefusalKind::CertificateMissing,
            "This call needs the certificate of a device of this site.",
            "Enrol the device: `tenon-agent enrol`.",
        )
    }

    /// The certificate that was shown may not make this call.
    pub fn certificate_refused() -> Self {
        Self::of(
            RefusalKind::CertificateRefused,
            "The site does not accept this certificate for this call.",
            "Renew the certificate, or ask the site's owner; the site's log has the reason.",
        )
    }

    /// The device was not admitted.
    pub fn enrolment_refused() -> Self {
        Self::of(
            RefusalKind::EnrolmentRefused,
            "The site did not admit the device.",
            "Ask the site's owner for a fresh join token; the site's log has the reason.",
        )
    }

    /// The certificate was not renewed.
    pub fn renewal_refused() -> Self {
        Self::of(
            RefusalKind::RenewalRefused,
            "The site did not renew the certificate.",
            "Enrol the device again with a fresh join token; the site's log has the reason.",
        )
    }

    /// The site has no document with this hash.
    pub fn document_unknown() -> Self {
        Self::of(
            RefusalKind::DocumentUnknown,
            "The site has no document with this hash.",
            "Ask for the manifest again: the policy may have changed.",
        )
    }

    /// The site has no content with this hash, or nothing at that place of it.
    pub fn content_unknown() -> Self {
        Self::of(
            RefusalKind::ContentUnknown,
            "The site has no content with this hash, or nothing at that place of it.",
            "Put it at the site: `tenon content put`.",
        )
    }

    /// The call names no range, or one that is too large.
    pub fn range_wrong() -> Self {
        Self::of(
            RefusalKind::RangeWrong,
            format!("Content is given in ranges of at most {} bytes.", crate::LARGEST_RANGE),
            "Name one range with both ends: `Range: bytes=0-262143`.",
        )
    }

    /// No task has asked this device for what it sends.
    pub fn not_asked() -> Self {
        Self::of(
            RefusalKind::NotAsked,
            "The site has asked this device for no logs under that id, or has forgotten that it did.",
            "Ask for the logs again: `tenon device logs DEVICE --collect`.",
        )
    }

    /// Too many calls from this address; the next may come in `seconds`.
    pub fn too_many(seconds: u32) -> Self {
        let detail = "There were too many calls from this address.";
        let refusal = Self::of(RefusalKind::TooMany, detail, "Wait, then try again.");
        Self { retry_after: Some(seconds), ..refusal }
    }

    /// The site cannot answer now, and may in `seconds`.
    pub fn unavailable(seconds: u32) -> Self {
        let detail = "The site cannot answer now.";
        let refusal = Self::of(RefusalKind::Unavailable, detail, "Wait, then try again; nothing was lost.");
        Self { retry_after: Some(seconds), ..refusal }
    }

    /// The device is known and waits until the site's owner approves it.
    pub fn awaiting_approval() -> Self {
        /// How long until asking again makes sense, in seconds: a person has to decide.
        const ASK_AGAIN: u32 = 60;
        let detail = "The device waits for approval by the site's owner.";
        let fix = "Have it approved (`tenon site device approve`), then enrol again with the same token.";
        Self { retry_after: Some(ASK_AGAIN), ..Self::of(RefusalKind::Unavailable, detail, fix) }
    }

    /// Returns whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            RefusalKind::TooMany | RefusalKind::Unavailable => true,
            RefusalKind::Other => self.status.is_server_error(),
            RefusalKind::PathUnknown
            | RefusalKind::MethodWrong
            | RefusalKind::BodyTooLarge
            | RefusalKind::BodyNotValid
            | RefusalKind::CertificateMissing
            | RefusalKind::CertificateRefused
            | RefusalKind::EnrolmentRefused
            | RefusalKind::RenewalRefused
            | RefusalKind::DocumentUnknown
            | RefusalKind::ContentUnknown
            | RefusalKind::RangeWrong
            | RefusalKind::NotAsked => false,
        }
    }

    fn of(kind: RefusalKind, detail: impl Into<String>, fix: &str) -> Self {
        let named = RefusalKind::NAMED.iter().find(|(named, ..)| *named == kind);
        let (status, title) = named.map_or((StatusCode::INTERNAL_SERVER_ERROR, ""), |(_, _, s, t)| (*s, *t));
        Self {
            kind,
            status,
            title: title.to_owned(),
            detail: detail.into(),
            fix: fix.to_owned(),
            retry_after: None,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let named = RefusalKind::NAMED.iter().find(|(named, ..)| *named == self.kind);
        let problem = Problem {
            kind: named.map_or_else(|| "about:blank".to_owned(), |(_, name, ..)| format!("{TYPE}{name}")),
            title: self.title.clone(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            fix: self.fix.clone(),
        };
        serde_json::to_vec(&problem).expect("texts and a number can be written")
    }

    /// Reads a refusal; what is no problem details at all, such as a proxy's page, becomes `Other`.
    pub(crate) fn decode(status: StatusCode, retry_after: Option<u32>, body: &[u8]) -> Self {
        let body = if body.len() > LARGEST_BODY { &[] } else { body };
        let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
            let title = status.canonical_reason().unwrap_or("Unknown status").to_owned();
            return Self {
                kind: RefusalKind::Other,
                status,
                title,
                detail: format!(
                    "The answer has the status {} and is not the management point's own.",
                    status.as_u16()
                ),
                fix: "Check the management point's URL, and what stands between.".to_owned(),
                retry_after,
            };
        };
        let name = problem.kind.strip_prefix(TYPE);
        let kind = RefusalKind::NAMED
            .iter()
            .find(|(_, named, its_status, _)| Some(*named) == name && *its_status == status)
            .map_or(RefusalKind::Other, |(kind, ..)| *kind);

        Self { kind, status, title: problem.title, detail: problem.detail, fix: problem.fix, retry_after }
    }
}
