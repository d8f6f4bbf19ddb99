//! A sign-in ends: the provider's answer is checked, and the person has a session.

use std::time::Duration;

use action::UserId;
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use console_api::{FinishSignIn, OpenIdSettings, SignedIn};
use serde::Deserialize;
use service::error::Chain;
use utoipa::IntoParams;

use super::token::{self, Unproven};
use crate::{
    people::{cookie, sign_in},
    problem::{Refusal, short},
    read::{Body, Query},
    secret,
    state::Console,
    store::{Audit, Begun, BegunBy, PersonRow, Provided},
    web::Caller,
};

/// What the provider adds to the address. Others may be there, and mean nothing here.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Returned {
    /// What the console sent.
    state: Option<String>,
    /// The code to exchange.
    code: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
    /// Why the provider refused.
    error: Option<String>,
}

/// Take a browser back from the provider: it goes on with a session, or with `sign-in-problem` in the address.
#[utoipa::path(get, path = "/api/v1/sign-in/openid/return", tag = "sign-in", params(Returned), security(()),
    responses((status = 303, description = "To the page, signed in or with `sign-in-problem`.")))]
pub(crate) async fn return_from_provider(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Result<Response, Refusal> {
    let ticket = cookie::read(&headers, cookie::ticket_name(console.config())).unwrap_or_default().to_owned();
    let answer = Answer {
        client: BegunBy::Page,
        ticket,
        state: returned.state.unwrap_or_default(),
        code: returned.code,
        iss: returned.iss,
        error: returned.error,
    };
    let mut go_on = HeaderMap::new();
    go_on.append(header::SET_COOKIE, cookie::no_ticket(console.config())?);
    let place = match finish(&console, &caller, answer).await {
        Ok((person, settings, begun)) => {
            let (more, _) = begin_session(&console, &caller, &person, &settings, true).await?;
            go_on.extend(more);
            begun.return_to
        }
        Err(Failed::Unproven(unproven)) => format!("/?sign-in-problem={}", unproven.word),
        Err(Failed::Refused(refusal)) => return Err(refusal),
    };
    let place = HeaderValue::from_str(&place).map_err(|_| Refusal::internal("a path is no header"))?;
    go_on.insert(header::LOCATION, place);
    Ok((StatusCode::SEE_OTHER, go_on).into_response())
}

/// Finish to sign in at the tenant's provider from the command line.
#[utoipa::path(post, path = "/api/v1/sign-in/openid/finish", tag = "sign-in", request_body = FinishSignIn, security(()),
    responses((status = 200, body = SignedIn)))]
pub(crate) async fn finish_sign_in(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Body(finished): Body<FinishSignIn>,
) -> Result<Json<SignedIn>, Refusal> {
    let FinishSignIn { ticket, state, code, iss } = finished;
    let answer = Answer { client: BegunBy::Cli, ticket, state, code: Some(code), iss, error: None };
    match finish(&console, &caller, answer).await {
        Ok((person, settings, _)) => {
            Ok(Json(begin_session(&console, &caller, &person, &settings, false).await?.1))
        }
        Err(Failed::Refused(refusal)) => Err(refusal),
        Err(Failed::Unproven(unproven)) => {
            let fix = "Sign in again: `tenon login`.";
            let title = "Not signed in";
            Err(Refusal::new(StatusCode::UNAUTHORIZED, unproven.word, title, unproven.detail, fix))
        }
    }
}

struct Answer {
    client: BegunBy,
    ticket: String,
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

enum Failed {
    /// The provider's answer names nobody.
    Unproven(Unproven),
    /// The console cannot say.
    Refused(Refusal),
}

impl<E: Into<Refusal>> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed::Refused(error.into())
    }
}

/// Checks the answer; what fails is logged, and stands in the audit of the tenant where the sign-in began here.
async fn finish(
    console: &Console,
    caller: &Caller,
    answer: Answer,
) -> Result<(PersonRow, OpenIdSettings, Begun), Failed> {
    let now = console.now();
    if let Err(seconds) = console.limits().attempt(caller.address, &short(&caller.address.to_string()), now) {
        return Err(Refusal::too_many("Too many attempts to sign in from here.", seconds).into());
    }
    let failed = |unproven: Unproven| {
        let from = caller.address;
        console.log().warn(format_args!("Refused a sign-in by a provider from {from}: {}", unproven.inside));
        Failed::Unproven(unproven)
    };
    let begun = console.store().take_sign_in(&secret::sha256(answer.state.as_bytes())).await?;
    let begun = begun.filter(|begun| {
        let same = secret::same(&secret::sha256(answer.ticket.as_bytes()), &begun.ticket);
        same && begun.client == answer.client && begun.expires > now
    });
    let Some(begun) = begun else {
        let detail = "This sign-in did not begin here, took too long, or has ended.";
        return Err(failed(Unproven::new("not-begun", detail, "no sign-in with that state and ticket")));
    };
    let outcome = check(console, &begun, answer).await;
    let (provided, settings) = match outcome {
        Ok(found) => found,
        Err(Failed::Unproven(unproven)) => {
            let entry =
                entry(&begun, caller, "a person of the provider", format!("refused: {}", unproven.word), now);
            console.audit_refusal(entry).await?;
            return Err(failed(unproven));
        }
        Err(refused) => return Err(refused),
    };
    let made =
        Audit { what: "user.provided", ..entry(&begun, caller, &provided.name, "done".to_owned(), now) };
    let id = UserId(service::dice::uuid());
    let person = console.store().provided_person(&provided, id, now, &[made]).await?;
    match person {
        Some(person) if !person.user.disabled => Ok((person, settings, begun)),
        _ => {
            let entry = entry(&begun, caller, &provided.name, "refused: disabled".to_owned(), now);
            console.audit_refusal(entry).await?;
            let detail = "The account is disabled at this console.";
            Err(failed(Unproven::new("disabled", detail, format!("{} is disabled", provided.name))))
        }
    }
}

async fn check(
    console: &Console,
    begun: &Begun,
    answer: Answer,
) -> Result<(Provided, OpenIdSettings), Failed> {
    let now = console.now();
    let Some(settings) = console.store().sign_in_settings(begun.tenant).await?.openid else {
        let detail = "The tenant has no provider any more.";
        return Err(Failed::Unproven(Unproven::new("no-provider", detail, detail)));
    };
    let metadata = console.providers().get(&settings.issuer, now).await.map_err(|error| {
        let detail = "The provider cannot be reached.";
        Failed::Unproven(Unproven::new("provider-away", detail, Chain(&error).to_string()))
    })?;
    // Another provider's answer must not pass for this one's (RFC 9207).
    let names_itself = metadata.additional_metadata().authorization_response_iss_parameter_supported;
    match &answer.iss {
        Some(iss) if *iss != settings.issuer => {
            let inside = format!("the answer is of `{}`", short(iss));
            let detail = "The answer is another provider's.";
            return Err(Failed::Unproven(Unproven::new("other-issuer", detail, inside)));
        }
        None if names_itself => {
            let detail = "The answer does not say whose it is.";
            return Err(Failed::Unproven(Unproven::new("other-issuer", detail, "`iss` is missing")));
        }
        Some(_) | None => {}
    }
    let Some(code) = answer.code.filter(|_| answer.error.is_none()) else {
        let said = short(answer.error.as_deref().unwrap_or("no code"));
        let detail = "The provider did not sign the person in.";
        return Err(Failed::Unproven(Unproven::new("provider-refused", detail, said)));
    };
    let person = token::person(console.providers(), &settings, &metadata, begun, code, now).await;
    Ok((person.map_err(Failed::Unproven)?, settings))
}

async fn begin_session(
    console: &Console,
    caller: &Caller,
    person: &PersonRow,
    settings: &OpenIdSettings,
    cookie: bool,
) -> Result<(HeaderMap, SignedIn), Refusal> {
    let now = console.now();
    let entry = Audit {
        tenant: person.tenant,
        at: now,
        who: person.user.name.clone(),
        source: caller.address.to_string(),
        what: "session.begin",
        subject: "by the provider".to_owned(),
        devices: String::new(),
        rule: String::new(),
        result: "done".to_owned(),
    };
    let lasts = Duration::from_mins(u64::from(settings.session_minutes));
    let new = sign_in::New { person, cookie, method: "openid", lasts, from: caller.address };
    sign_in::begin(console, new, &[entry], now).await
}

fn entry(begun: &Begun, caller: &Caller, who: &str, result: String, at: action::Timestamp) -> Audit {
    Audit {
        tenant: begun.tenant,
        at,
        who: short(who),
        source: caller.address.to_string(),
        what: "session.begin",
        subject: "by the provider".to_owned(),
        devices: String::new(),
        rule: String::new(),
        result,
    }
}
