//! Signing in with a local account, and out.

use std::{net::IpAddr, time::Duration};

use action::{TenantId, Timestamp};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use console_api::{SignIn, SignedIn};

use super::{
    cookie,
    session::{self, SESSION_LASTS, Session, check_origin},
};
use crate::{
    problem::Refusal,
    read::Body,
    secret::{self, SESSION_PREFIX},
    state::Console,
    store::{Audit, NewSession, PersonRow, Presented, name_key},
    web::Caller,
};

/// Sign in with a local account.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "people", request_body = SignIn, security(()),
    responses((status = 200, body = SignedIn, description = "Signed in; with `cookie`, the cookie carries the token.")))]
pub(crate) async fn sign_in(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Body(sign_in): Body<SignIn>,
) -> Result<Response, Refusal> {
    let now = console.now();
    if sign_in.cookie {
        check_origin(&headers, console.config())?;
    }
    let name = name_key(&sign_in.user);
    if let Err(seconds) = console.limits().attempt(caller.address, &name, now) {
        return Err(Refusal::too_many("Too many attempts to sign in from here or with this name.", seconds));
    }
    let person = find(&console, &sign_in).await?;
    // People of a provider have no password, and that takes as long to find as a wrong one.
    let hash = person.as_ref().map(|person| &*person.password).filter(|hash| !hash.is_empty());
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
    if !console.store().sign_in_settings(person.tenant).await?.local_accounts {
        let refused =
            entry(person.tenant, &person.user.name, &caller, "refused: local accounts are off", now);
        console.audit_refusal(refused).await?;
        let detail = "Accounts of the console cannot sign in: the tenant signs in by its provider.";
        let fix = "Sign in by the provider: `tenon login`, or the page.";
        let title = "Not signed in";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "local-accounts-off", title, detail, fix));
    }
    console.limits().succeeded(&name);
    let entry = entry(person.tenant, &person.user.name, &caller, "done", now);
    let new = New {
        person: &person,
        cookie: sign_in.cookie,
        method: "local",
        lasts: SESSION_LASTS,
        from: caller.address,
        id_token: None,
    };
    let (headers, signed_in) = begin(&console, new, &[entry], now).await?;
    Ok((headers, Json(signed_in)).into_response())
}

/// Sign out: the session ends at once.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "people",
    responses((status = 204, description = "Signed out.")))]
pub(crate) async fn sign_out(State(console): State<Console>, session: Session) -> Result<Response, Refusal> {
    let entry = session.audit("session.end", "", "done", console.now());
    console.store().end_session(session.hash(), &[entry]).await?;
    let gone = cookie::no_session(console.config())?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

/// A session that begins.
pub(super) struct New<'a> {
    pub(super) person: &'a PersonRow,
    /// Whether a cookie carries it.
    pub(super) cookie: bool,
    /// How the person signed in.
    pub(super) method: &'static str,
    pub(super) lasts: Duration,
    /// From which address.
    pub(super) from: IpAddr,
    /// The token of the sign-in at a provider, for the page.
    pub(super) id_token: Option<String>,
}

/// Makes a session of a person; returns the headers that carry it, and what the person is told.
pub(super) async fn begin(
    console: &Console,
    new: New<'_>,
    audit: &[Audit],
    now: Timestamp,
) -> Result<(HeaderMap, SignedIn), Refusal> {
    let New { person, cookie, method, lasts, from, id_token } = new;
    let token = secret::fresh(SESSION_PREFIX);
    let hash = secret::sha256(token.as_bytes());
    let expires = now.plus(lasts);
    let stored = NewSession {
        id: service::dice::uuid(),
        hash: &hash,
        user: person.user.id,
        cookie,
        method,
        source: from.to_string(),
        created: now,
        expires,
        id_token: id_token.as_deref(),
    };
    console.store().create_session(&stored, audit).await?;
    let Some(row) = console.store().session(Presented::Session(&hash), now).await? else {
        return Err(Refusal::not_signed_in("The account was disabled in this moment."));
    };
    let csrf = cookie.then(|| secret::csrf(&token));
    let mut signed_in = SignedIn {
        token: None,
        expires,
        me: session::me(&row, &session::rights(console, &row).await?, csrf),
    };
    let mut headers = HeaderMap::new();
    if cookie {
        headers.append(header::SET_COOKIE, super::cookie::session(console.config(), &token, lasts)?);
    } else {
        signed_in.token = Some(token);
    }
    Ok((headers, signed_in))
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
        devices: String::new(),
        rule: String::new(),
        result: result.to_owned(),
    }
}
