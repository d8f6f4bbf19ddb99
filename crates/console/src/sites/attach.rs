//! The console's end of attaching a site: says who it is, and takes a code once.

use std::net::IpAddr;

use action::Timestamp;
use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use console_api::PROBLEM_JSON;
use proof::Hash;
use service::error::Chain;
use site_link::{
    ATTACH_PATH, AttachKey, LARGEST_HANDSHAKE, VERSION,
    attach::{AttachAnswer, AttachProblem, AttachRefusal, AttachRequest, Greeting},
};

use super::link::Links;
use crate::{state::Console, store::AttachOutcome, web::Caller};

/// Why a site gets no answer: it may do something about the first, and only wait about the second.
enum Refused {
    Site(AttachRefusal),
    Store(database::DbError),
}

impl From<AttachRefusal> for Refused {
    fn from(refusal: AttachRefusal) -> Self {
        Refused::Site(refusal)
    }
}

impl From<database::DbError> for Refused {
    fn from(error: database::DbError) -> Self {
        Refused::Store(error)
    }
}

pub(super) fn routes() -> Router<Console> {
    Router::new().route(ATTACH_PATH, get(greet).post(attach)).layer(DefaultBodyLimit::max(LARGEST_HANDSHAKE))
}

async fn greet(State(console): State<Console>) -> Json<Greeting> {
    let certificate = own_certificate(&console).await;
    Json(Greeting { version: VERSION, console: console.id(), at: console.now(), certificate })
}

/// Returns the hash of the certificate that the console itself shows: whoever sees another one has somebody in between.
async fn own_certificate(console: &Console) -> Option<Hash> {
    let files = console.config().tls.as_ref()?;
    let chain = tokio::fs::read_to_string(&files.certificate).await.ok()?;
    service::tls::own_certificate(&chain).ok().map(|own| Hash::of(&own))
}

async fn attach(
    State(console): State<Console>,
    Extension(links): Extension<Links>,
    request: Request,
) -> Response {
    let source = Caller::of(request.extensions()).address;
    let read = axum::body::to_bytes(request.into_body(), LARGEST_HANDSHAKE).await;
    let now = console.now();
    let outcome = match read {
        Ok(body) => attached(&console, &links, &body, source).await,
        Err(_) => Err(AttachRefusal::Malformed.into()),
    };
    match outcome {
        Ok(answer) => Json(answer).into_response(),
        Err(Refused::Site(refusal)) => {
            console.log().field("source", source).warn(format_args!("A site was not attached: {refusal}."));
            let detail = format!("{refusal}. {}", refusal.fix());
            problem(status(refusal), detail, refusal.name(), now)
        }
        Err(Refused::Store(error)) => {
            console.log().error(format_args!("Failed to attach a site: {}", Chain(&error)));
            let detail =
                "The console could not store the attachment. Try again with the same code.".to_owned();
            problem(StatusCode::SERVICE_UNAVAILABLE, detail, "unavailable", now)
        }
    }
}

async fn attached(
    console: &Console,
    links: &Links,
    body: &Bytes,
    source: IpAddr,
) -> Result<AttachAnswer, Refused> {
    let request = AttachRequest::decode(body)?;
    if request.version != VERSION {
        return Err(AttachRefusal::VersionUnknown.into());
    }
    let code =
        console.outbox().code(request.tenant, request.code).await?.ok_or(AttachRefusal::CodeNotValid)?;
    let key = AttachKey::from_bytes(code.key);
    request.verify(code.tenant, &key)?;

    match console.outbox().attach(&code, &request, source).await? {
        AttachOutcome::Attached => {}
        AttachOutcome::CodeNotValid => return Err(AttachRefusal::CodeNotValid.into()),
        AttachOutcome::AlreadyAttached => return Err(AttachRefusal::AlreadyAttached.into()),
    }
    let line = console.log().field("site", request.site).field("tenant", code.tenant);
    line.info(format_args!("Site {} ({}) is attached.", request.site, request.site_name));
    Ok(AttachAnswer::new(&request, &key, console.id(), links.key().public()))
}

fn status(refusal: AttachRefusal) -> StatusCode {
    match refusal {
        AttachRefusal::Malformed | AttachRefusal::VersionUnknown | AttachRefusal::NameNotValid => {
            StatusCode::BAD_REQUEST
        }
        AttachRefusal::CodeNotValid | AttachRefusal::SignatureInvalid | AttachRefusal::AnswerNotGenuine => {
            StatusCode::FORBIDDEN
        }
        AttachRefusal::AlreadyAttached => StatusCode::CONFLICT,
    }
}

fn problem(status: StatusCode, detail: String, reason: &str, at: Timestamp) -> Response {
    let problem = AttachProblem {
        title: "The site was not attached".to_owned(),
        status: status.as_u16(),
        detail,
        reason: reason.to_owned(),
        at,
    };
    (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], Json(problem)).into_response()
}
