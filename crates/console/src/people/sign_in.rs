//! Signing in with a local account, and out.

use action::{TenantId, Timestamp};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use console_api::{SignIn, SignedIn};

use super::session::{self, COOKIE, SESSION_LASTS, Session};
use crate::{
    problem::Refusal,
    read::Body,
    secret::{self, SESSION_PREFIX},
    state::Console,
    store::{Audit, PersonRow, Presented, name_key},
    web::Caller,
};

/// Sign in with a local account.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "people", request_body = SignIn, security(()),
    responses((status = 200, body = SignedIn, description = "Signed in; with `cookie`, the cookie carries the token.")))]
pub(crate) async fn sign_in(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Body(sign_in): Body<SignIn>,
) -> Result<Response, Refusal> {
    let now = console.now();
    let name = name_key(&sign_in.user);
    if let Err(seconds) = console.limits().attempt(caller.address, &name, now) {
        return Err(Refusal::too_many("Too many attempts to sign in from here or with this name.", seconds));
    }
    let person = find(&console, &sign_in).await?;
    let hash = person.as_ref().map(|person| &*person.password);
    if !console.passwords().matches(&sign_in.password, hash).await? {
        console.log().warn(format_args!(
            "Refused a sign-in as `{}` from {}.",
            sign_in.user.trim(),
            caller.address
        ));
        // Names that nobody has are in the log only, which rotates: the audit is kept, and guesses are endless.
        if let Some(person) = person {
            console.audit_refusal(entry(person.tenant, &sign_in.user, &caller, "refused", now)).await?;
        }
        let detail = "The name, the password or the tenant is wrong, or the account is disabled.";
        return Err(Refusal::not_signed_in(detail));
    }
    let Some(person) = person else { return Err(Refusal::internal("a password matched nobody")) };
    console.limits().succeeded(&name);
    let entry = entry(person.tenant, &person.user.name, &caller, "done", now);
    begin(&console, &person, sign_in.cookie, &[entry], now).await
}

/// Sign out: the session ends at once.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "people",
    responses((status = 204, description = "Signed out.")))]
pub(crate) async fn sign_out(State(console): State<Console>, session: Session) -> Result<Response, Refusal> {
    let entry = session.audit("session.end", "", "done", console.now());
    console.store().end_session(session.hash(), &[entry]).await?;
    let gone =
        HeaderValue::from_static("__Host-tenon=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

/// Makes a session of a person and answers with it.
pub(super) async fn begin(
    console: &Console,
    person: &PersonRow,
    cookie: bool,
    audit: &[Audit],
    now: Timestamp,
) -> Result<Response, Refusal> {
    let token = secret::fresh(SESSION_PREFIX);
    let hash = secret::sha256(token.as_bytes());
    let expires = now.plus(SESSION_LASTS);
    console.store().create_session(&hash, person.user.id, cookie, now, expires, audit).await?;
    let Some(row) = console.store().session(Presented::Session(&hash), now).await? else {
        return Err(Refusal::not_signed_in("The account was disabled in this moment."));
    };
    let csrf = cookie.then(|| secret::csrf(&token));
    let mut signed_in = SignedIn { token: None, expires, me: session::me(&row, csrf) };
    let mut headers = HeaderMap::new();
    if cookie {
        let seconds = SESSION_LASTS.as_secs();
        let value = format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict");
        let value =
            HeaderValue::from_str(&value).map_err(|_| Refusal::internal("a cookie cannot be written"))?;
        headers.insert(header::SET_COOKIE, value);
    } else {
        signed_in.token = Some(token);
    }
    Ok((headers, axum::Json(signed_in)).into_response())
}

/// Returns the one person who may be meant, where they are not shut out.
async fn find(console: &Console, sign_in: &SignIn) -> Result<Option<PersonRow>, Refusal> {
    let mut people = console.store().people_named(&sign_in.user).await?;
    if let Some(tenant) = &sign_in.tenant {
        let tenant = console.store().tenant_named(tenant).await?.map(|tenant| tenant.id);
        people.retain(|person| Some(person.tenant) == tenant);
    }
    let one = if people.len() == 1 { people.pop() } else { None };
    Ok(one.filter(|person| !person.user.disabled))
}

fn entry(tenant: TenantId, who: &str, caller: &Caller, result: &str, at: Timestamp) -> Audit {
    Audit {
        tenant,
        at,
        who: crate::problem::short(who),
        source: caller.address.to_string(),
        what: "session.begin",
        subject: String::new(),
        result: result.to_owned(),
    }
}
