//! The caller: found by a bearer token or a cookie, at each request anew, so that what is revoked ends at once.

use std::{net::IpAddr, time::Duration};

use action::{TenantId, Timestamp, UserId};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use console_api::{CSRF_HEADER, Me};
use uuid::Uuid;

use crate::{
    config::Config,
    people::{
        cookie,
        permission::Permission,
        reach,
        rights::{Held, Rights},
        roles,
    },
    problem::Refusal,
    secret::{self, API_TOKEN_PREFIX, SESSION_PREFIX},
    state::Console,
    store::{Audit, HeldRow, Presented, Reach, SessionRow},
    web::Caller,
};

/// How long a session lasts: a working day.
pub(crate) const SESSION_LASTS: Duration = Duration::from_hours(12);

/// How exactly the last use of an API token is kept: once an hour, so that using one does not write each time.
const USE_KEPT_EVERY: Duration = Duration::from_hours(1);

/// A caller who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    row: SessionRow,
    rights: Rights,
    from: IpAddr,
    hash: String,
    csrf: Option<String>,
}

impl Session {
    /// Returns the caller's tenant.
    pub(crate) fn tenant(&self) -> TenantId {
        self.row.tenant
    }

    /// Returns the caller.
    pub(crate) fn user(&self) -> UserId {
        self.row.user
    }

    /// Returns the caller's sign-in name.
    pub(crate) fn user_name(&self) -> &str {
        &self.row.user_name
    }

    /// Returns the API token that the caller presented, where it is one.
    pub(crate) fn token(&self) -> Option<Uuid> {
        self.row.token
    }

    /// Returns the address that the caller speaks from.
    pub(crate) fn address(&self) -> IpAddr {
        self.from
    }

    /// Returns the provider at which the caller signs in.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.row.issuer.as_deref()
    }

    /// Returns the hash of what the caller presented.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// Returns what the caller may do.
    pub(crate) fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Returns whether the caller has a permission in the whole tenant.
    pub(crate) fn has(&self, permission: Permission) -> bool {
        self.rights.everywhere(permission)
    }

    /// Returns the part of the tenant in which the caller has a permission.
    pub(crate) async fn reach(&self, console: &Console, permission: Permission) -> Result<Reach, Refusal> {
        reach::of(console, self.tenant(), &self.rights.places(permission)).await
    }

    /// Checks that the caller has all these permissions in the whole tenant: nobody gives more than they have.
    pub(crate) async fn may_give(
        &self,
        console: &Console,
        mut permissions: impl Iterator<Item = Permission>,
    ) -> Result<(), Refusal> {
        match permissions.find(|permission| !self.rights.everywhere(*permission)) {
            None => Ok(()),
            Some(missing) => Err(self.refuse(console, missing).await?),
        }
    }

    /// Checks that the caller is the person, or a token that may do all that its person may.
    pub(crate) fn check_whole(&self) -> Result<(), Refusal> {
        if !self.rights.are_limited() {
            return Ok(());
        }
        let detail = "This API token was made for some actions only, and this is not one of them.";
        let fix = "Sign in yourself, or use a token without limits.";
        Err(Refusal::new(StatusCode::FORBIDDEN, "token-limited", "Not permitted", detail, fix))
    }

    /// Writes a refusal into the audit, and returns it: with what is missing, and who can give it.
    pub(crate) async fn refuse(&self, console: &Console, permission: Permission) -> Result<Refusal, Refusal> {
        let entry = self.audit("permission", permission.name(), "refused: permission missing", console.now());
        console.audit_refusal(entry).await?;
        let administrators = console.store().administrators(self.tenant()).await?;
        Ok(Refusal::not_permitted(permission, administrators))
    }

    /// Makes an entry of the audit about the caller.
    pub(crate) fn audit(
        &self,
        what: &'static str,
        subject: impl Into<String>,
        result: impl Into<String>,
        at: Timestamp,
    ) -> Audit {
        Audit {
            tenant: self.row.tenant,
            at,
            who: self.row.user_name.clone(),
            source: self.from.to_string(),
            what,
            subject: subject.into(),
            devices: String::new(),
            rule: String::new(),
            result: result.into(),
        }
    }

    /// Returns the caller, as they are shown to themselves.
    pub(crate) fn me(&self) -> Me {
        me(&self.row, &self.rights, self.csrf.clone())
    }

    /// Returns whether what the caller presented is still valid, and allows what it did.
    pub(crate) async fn is_valid(&self, console: &Console) -> Result<bool, Refusal> {
        let found = match console.store().session(Presented::Session(&self.hash), console.now()).await? {
            None => console.store().session(Presented::ApiToken(&self.hash), console.now()).await?,
            found => found,
        };
        match found {
            Some(row) => Ok(rights(console, &row).await?.are_the_same(&self.rights)),
            None => Ok(false),
        }
    }
}

/// Works out what a person, or their token, may do now.
pub(crate) async fn rights(console: &Console, row: &SessionRow) -> Result<Rights, Refusal> {
    let rows = console.store().held(row.tenant, row.user, &row.groups).await?;
    let held = rows.into_iter().filter_map(|HeldRow { role, own, place }| {
        let (role, permissions) = match own {
            Some(own) => own,
            None => roles::built_in(role).map(|role| (role.name, role.permissions))?,
        };
        let permissions = permissions.iter().filter_map(|name| Permission::named(name)).collect();
        Some(Held { role, permissions, place })
    });
    Ok(Rights::new(row.role, row.operator, held.collect(), row.limit.as_ref()))
}

/// Returns a person as they are shown to themselves.
pub(crate) fn me(row: &SessionRow, rights: &Rights, csrf: Option<String>) -> Me {
    Me {
        id: row.user,
        name: row.user_name.clone(),
        display_name: row.display_name.clone(),
        tenant: row.tenant,
        tenant_name: row.tenant_name.clone(),
        role: row.role,
        groups: row.groups.clone(),
        operator: row.operator,
        permissions: rights.names(),
        grants: rights.grants(),
        csrf,
    }
}

impl FromRequestParts<Console> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Refusal> {
        let from = Caller::of(&parts.extensions).address;
        let (token, csrf) = match bearer(&parts.headers)? {
            Some(token) => (token.to_owned(), None),
            None => {
                let name = cookie::session_name(console.config());
                let Some(token) = cookie::read(&parts.headers, name) else {
                    return Err(Refusal::not_signed_in("The request carries no token."));
                };
                let csrf = secret::csrf(token);
                check_csrf(parts, console.config(), &csrf)?;
                (token.to_owned(), Some(csrf))
            }
        };
        let hash = secret::sha256(token.as_bytes());
        let presented = if token.starts_with(SESSION_PREFIX) {
            Presented::Session(&hash)
        } else if token.starts_with(API_TOKEN_PREFIX) && csrf.is_none() {
            Presented::ApiToken(&hash)
        } else {
            return Err(Refusal::not_signed_in("The token is none of this console."));
        };
        let now = console.now();
        let Some(row) = console.store().session(presented, now).await? else {
            return Err(Refusal::not_signed_in("The token is unknown, was revoked, or has expired."));
        };
        if csrf.is_some() && !row.cookie {
            return Err(Refusal::not_signed_in("The session was not made for a cookie."));
        }
        if matches!(presented, Presented::ApiToken(_))
            && row.last_used.is_none_or(|used| now.since(used) >= USE_KEPT_EVERY)
        {
            console.store().token_used(&hash, now).await?;
        }
        let rights = rights(console, &row).await?;
        Ok(Self { row, rights, from, hash, csrf })
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|value| value.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => {
            Err(Refusal::not_signed_in("`Authorization` is not `Bearer` with a token.")
                .field("Authorization"))
        }
    }
}

/// Refuses what a browser says comes from a page of another origin. Other programs say nothing, and hold no cookie.
pub(crate) fn check_origin(headers: &HeaderMap, config: &Config) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let foreign_site = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let foreign_origin = text("origin").is_some_and(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        origin != config.origin() && (host.is_none() || host != text("host"))
    });
    if !foreign_site && !foreign_origin {
        return Ok(());
    }
    let detail = "The request was caused by a page of another origin.";
    let fix = format!("Use the page at {}.", config.origin());
    Err(Refusal::new(StatusCode::FORBIDDEN, "csrf", "The request may be forged", detail, fix).field("Origin"))
}

/// A page of another origin can make a browser send the cookie, and can neither read nor set this header.
fn check_csrf(parts: &Parts, config: &Config, csrf: &str) -> Result<(), Refusal> {
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    check_origin(&parts.headers, config)?;
    let sent = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    if sent.is_some_and(|sent| secret::same(sent, csrf)) {
        return Ok(());
    }
    let detail = "A request with a cookie must carry the header `X-Tenon-CSRF`, and it is missing or wrong.";
    let fix = "Send the value of `csrf` that signing in and `GET /api/v1/me` return.";
    Err(Refusal::new(StatusCode::FORBIDDEN, "csrf", "The request may be forged", detail, fix)
        .field("X-Tenon-CSRF"))
}
