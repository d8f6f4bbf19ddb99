//! A sign-in of the page ends: the provider's answer is checked, and the person has a session.

use std::time::Duration;

use action::{TenantId, Timestamp};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use console_api::{OpenIdSettings, SignedIn};
use serde::Deserialize;
use service::error::Chain;
use utoipa::IntoParams;

use super::token::{self, Unproven};
use crate::{
    people::{cookie, sign_in},
    problem::{Refusal, short},
    read::Query,
    secret,
    state::Console,
    store::{Audit, Begun, PersonRow, Provided},
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
        ticket,
        state: returned.state.unwrap_or_default(),
        code: returned.code,
        iss: returned.iss,
        error: returned.error,
    };
    let mut go_on = HeaderMap::new();
    go_on.append(header::SET_COOKIE, cookie::no_ticket(console.config())?);
    let place = match finish(&console, &caller, answer).await {
        Ok(Done { person, settings, return_to, id_token }) => {
            let way = Way::Cookie { id_token };
            let (more, _) = begin_session(&console, &caller, &person, &settings, way).await?;
            go_on.extend(more);
            return_to
        }
        Err(Failed::Unproven(unproven)) => format!("/?sign-in-problem={}", unproven.word),
        Err(Failed::Refused(refusal)) => return Err(refusal),
    };
    let place = HeaderValue::from_str(&place).map_err(|_| Refusal::internal("a path is no header"))?;
    go_on.insert(header::LOCATION, place);
    Ok((StatusCode::SEE_OTHER, go_on).into_response())
}

/// A person whom the provider has named.
struct Done {
    person: PersonRow,
    settings: OpenIdSettings,
    return_to: String,
    id_token: String,
}

struct Answer {
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
async fn finish(console: &Console, caller: &Caller, answer: Answer) -> Result<Done, Failed> {
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
        secret::same(&secret::sha256(answer.ticket.as_bytes()), &begun.ticket) && begun.expires > now
    });
    let Some(begun) = begun else {
        let detail = "This sign-in did not begin here, took too long, or has ended.";
        return Err(failed(Unproven::new("not-begun", detail, "no sign-in with that state and ticket")));
    };
    let outcome = check(console, &begun, answer).await;
    let (provided, settings, id_token) = match outcome {
        Ok(found) => found,
        Err(Failed::Unproven(unproven)) => {
            let result = format!("refused: {}", unproven.word);
            console
                .audit_refusal(entry(begun.tenant, caller, "a person of the provider", result, now))
                .await?;
            return Err(failed(unproven));
        }
        Err(refused) => return Err(refused),
    };
    let person = known(console, caller, &provided, now).await?.map_err(failed)?;
    Ok(Done { person, settings, return_to: begun.return_to, id_token })
}

/// Returns the person whom the provider names, made known at their first sign-in.
pub(super) async fn known(
    console: &Console,
    caller: &Caller,
    provided: &Provided,
    now: Timestamp,
) -> Result<Result<PersonRow, Unproven>, Refusal> {
    let done = entry(provided.tenant, caller, &provided.name, "done".to_owned(), now);
    let made = Audit { what: "user.provided", ..done };
    let person = console.store().provided_person(provided, now, &[made]).await?;
    match person {
        Some(person) if !person.user.disabled => Ok(Ok(person)),
        _ => {
            let refused = "refused: disabled".to_owned();
            console.audit_refusal(entry(provided.tenant, caller, &provided.name, refused, now)).await?;
            let detail = "The account is disabled at this console.";
            Ok(Err(Unproven::new("disabled", detail, format!("{} is disabled", provided.name))))
        }
    }
}

async fn check(
    console: &Console,
    begun: &Begun,
    answer: Answer,
) -> Result<(Provided, OpenIdSettings, String), Failed> {
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
    let (provided, id_token) = person.map_err(Failed::Unproven)?;
    Ok((provided, settings, id_token))
}

/// How a session is carried.
pub(super) enum Way {
    /// By a cookie; the page may fetch the token of the sign-in, once.
    Cookie { id_token: String },
    /// By a token.
    Token,
}

/// Begins the session of a person whom the provider has named.
pub(super) async fn begin_session(
    console: &Console,
    caller: &Caller,
    person: &PersonRow,
    settings: &OpenIdSettings,
    way: Way,
) -> Result<(HeaderMap, SignedIn), Refusal> {
    let now = console.now();
    let entry = entry(person.tenant, caller, &person.user.name, "done".to_owned(), now);
    let lasts = Duration::from_mins(u64::from(settings.session_minutes));
    let (cookie, id_token) = match way {
        Way::Cookie { id_token } => (true, Some(id_token)),
        Way::Token => (false, None),
    };
    let new = sign_in::New { person, cookie, method: "openid", lasts, from: caller.address, id_token };
    sign_in::begin(console, new, &[entry], now).await
}

/// Makes an entry of the audit about a sign-in by the provider.
pub(super) fn entry(tenant: TenantId, caller: &Caller, who: &str, result: String, at: Timestamp) -> Audit {
    Audit {
        tenant,
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
