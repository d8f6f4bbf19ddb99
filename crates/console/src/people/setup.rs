//! The first administrator, made with the one-time code that the console's first start printed.

use action::{TenantId, UserId};
use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use console_api::{Role, Setup, SignedIn, Tenant};

use super::{checked_name, password, session::SESSION_LASTS, sign_in};
use crate::{
    problem::Refusal,
    read::Body,
    secret,
    state::Console,
    store::{Audit, NewPerson},
    web::Caller,
};

/// Make the first tenant and its administrator, who also operates the console.
#[utoipa::path(post, path = "/api/v1/setup", tag = "people", request_body = Setup, security(()),
    responses((status = 200, body = SignedIn, description = "The administrator is made and signed in.")))]
pub(crate) async fn set_up(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Body(setup): Body<Setup>,
) -> Result<Response, Refusal> {
    let now = console.now();
    if let Err(seconds) = console.limits().attempt(caller.address, "first administrator", now) {
        return Err(Refusal::too_many("Too many attempts to set up this console.", seconds));
    }
    let hash = secret::sha256(setup.code.trim().as_bytes());
    let Some(kept) = console.store().setup_code().await? else {
        let fix = "Sign in; or make an administrator at the console's host: `tenon tenant create`.";
        return Err(Refusal::conflict("set-up-already", "This console has its first administrator.", fix));
    };
    if !secret::same(&hash, &kept) {
        console.log().warn(format_args!("Refused a wrong setup code from {}.", caller.address));
        let fix =
            "Send the code that the console printed when it started; it prints a new one at each start.";
        return Err(Refusal::not_valid("code", "The code is not the one that the console printed.", fix));
    }
    let user = checked_name("user", &setup.user)?;
    let tenant = Tenant {
        id: TenantId(service::dice::uuid()),
        name: checked_name("tenant", &setup.tenant)?,
        created: now,
    };
    password::check("password", &setup.password, &user)?;
    let administrator = NewPerson {
        id: UserId(service::dice::uuid()),
        tenant: tenant.id,
        name: user.clone(),
        display_name: user.clone(),
        role: Role::Administrator,
        operator: true,
        password: console.passwords().hash(&setup.password).await?,
        created: now,
    };
    let entry = Audit {
        tenant: tenant.id,
        at: now,
        who: user,
        source: caller.address.to_string(),
        what: "console.set_up",
        subject: tenant.name.clone(),
        devices: String::new(),
        rule: String::new(),
        result: "done".to_owned(),
    };
    if !console.store().set_up(&hash, &tenant, &administrator, &[entry]).await? {
        let detail = "This console was given its first administrator in this moment.";
        return Err(Refusal::conflict("set-up-already", detail, "Sign in."));
    }
    console.log().info(format_args!("Made the tenant `{}` and its administrator.", tenant.name));
    let Some(person) = console.store().person(tenant.id, administrator.id).await? else {
        return Err(Refusal::internal("the first administrator is gone"));
    };
    let new = sign_in::New {
        person: &person,
        cookie: false,
        method: "local",
        lasts: SESSION_LASTS,
        from: caller.address,
        id_token: None,
    };
    let (headers, signed_in) = sign_in::begin(&console, new, &[], now).await?;
    Ok((headers, Json(signed_in)).into_response())
}
