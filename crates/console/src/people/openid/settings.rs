//! How the people of a tenant sign in, as administrators set it.

use axum::{Json, extract::State};
use console_api::{OpenIdSettings, SignInSettings};

use crate::{
    people::permit::{ManageSignIn, Permit},
    problem::{Refusal, short},
    read::Body,
    state::Console,
};

/// How long a session of a provider's person may last, in minutes.
const SESSION_MINUTES: std::ops::RangeInclusive<u32> = 5..=720;

/// The longest text of a setting, in bytes, and the most scopes.
const LONGEST: usize = 500;
const MOST_SCOPES: usize = 20;

/// Show how the people of the tenant sign in.
#[utoipa::path(get, path = "/api/v1/sign-in/settings", tag = "sign-in",
    responses((status = 200, body = SignInSettings)))]
pub(crate) async fn show_sign_in_settings(
    State(console): State<Console>,
    permit: Permit<ManageSignIn>,
) -> Result<Json<SignInSettings>, Refusal> {
    let settings = console.store().sign_in_settings(permit.tenant()).await?;
    Ok(Json(without_secret(settings)))
}

/// Set how the people of the tenant sign in. The provider is asked what it says of itself before anything is stored.
#[utoipa::path(put, path = "/api/v1/sign-in/settings", tag = "sign-in", request_body = SignInSettings,
    responses((status = 200, body = SignInSettings)))]
pub(crate) async fn put_sign_in_settings(
    State(console): State<Console>,
    permit: Permit<ManageSignIn>,
    Body(mut new): Body<SignInSettings>,
) -> Result<Json<SignInSettings>, Refusal> {
    let now = console.now();
    let before = console.store().sign_in_settings(permit.tenant()).await?;
    if let Some(openid) = &mut new.openid {
        check(openid)?;
        // A secret is shown to nobody, so whoever sends back what was shown leaves it as it is: at the same provider.
        let kept = before.openid.as_ref().filter(|before| before.issuer == openid.issuer);
        if openid.page_client_secret.is_none() {
            openid.page_client_secret = kept.and_then(|kept| kept.page_client_secret.clone());
        }
        if !console.providers().outside().allows(&openid.issuer) {
            let detail = format!("The issuer `{}` is not dialled by this console.", short(&openid.issuer));
            let fix = "Use https and a host of the internet; the console's operator can allow private addresses \
                       (`private-issuers` in console.toml).";
            return Err(Refusal::not_valid("openid.issuer", detail, fix));
        }
        if let Err(error) = console.providers().fetch(&openid.issuer, now).await {
            let detail = format!("The provider cannot be used: {}.", error.told());
            let fix = "Check the issuer: `ISSUER/.well-known/openid-configuration` must answer, and name it exactly.";
            return Err(Refusal::not_valid("openid.issuer", detail, fix));
        }
    }
    if !new.local_accounts {
        check_way_in(&permit, &new)?;
    }
    let entry = permit.audit("sign_in.change", subject(&new), now);
    console.store().put_sign_in_settings(permit.tenant(), &new, &[entry]).await?;
    Ok(Json(without_secret(new)))
}

/// Checks that an administrator can still sign in: the caller, who came by that very provider.
fn check_way_in(permit: &Permit<ManageSignIn>, new: &SignInSettings) -> Result<(), Refusal> {
    let provider = new.openid.as_ref().map(|openid| &*openid.issuer);
    if provider.is_some() && permit.session().issuer() == provider && !permit.session().rights().are_limited()
    {
        return Ok(());
    }
    let detail = "Without accounts of the console nobody might be able to sign in.";
    let fix = "Sign in by the provider, as somebody who may manage sign-in, and switch them off from there.";
    Err(Refusal::conflict("no-way-in", detail, fix).field("local_accounts"))
}

fn check(openid: &OpenIdSettings) -> Result<(), Refusal> {
    let texts = [
        ("openid.issuer", Some(&openid.issuer)),
        ("openid.page_client_id", Some(&openid.page_client_id)),
        ("openid.page_client_secret", openid.page_client_secret.as_ref()),
        ("openid.cli_client_id", openid.cli_client_id.as_ref()),
        ("openid.person_claim", Some(&openid.person_claim)),
        ("openid.groups_claim", Some(&openid.groups_claim)),
        ("openid.name_claim", Some(&openid.name_claim)),
    ];
    let scopes = openid.scopes.iter().map(|scope| ("openid.scopes", Some(scope)));
    for (field, text) in texts.into_iter().chain(scopes) {
        let Some(text) = text else { continue };
        if text.is_empty()
            || text.len() > LONGEST
            || text.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            let fix = format!("Send 1 to {LONGEST} bytes without space or control characters.");
            return Err(Refusal::not_valid(field, format!("`{field}` is not usable."), fix));
        }
    }
    // An e-mail address is handed from one person to the next.
    if openid.person_claim == "email" || openid.person_claim == openid.name_claim {
        let detail = format!("The claim `{}` does not name a person for good.", short(&openid.person_claim));
        return Err(Refusal::not_valid(
            "openid.person_claim",
            detail,
            "Use `sub`, or `oid` at Microsoft Entra.",
        ));
    }
    if openid.scopes.len() > MOST_SCOPES {
        let detail = format!("`openid.scopes` has {} scopes.", openid.scopes.len());
        return Err(Refusal::not_valid("openid.scopes", detail, format!("Send {MOST_SCOPES} at most.")));
    }
    if !SESSION_MINUTES.contains(&openid.session_minutes) {
        let detail = format!("`openid.session_minutes` is {}.", openid.session_minutes);
        return Err(Refusal::not_valid("openid.session_minutes", detail, "Use 5 to 720 minutes."));
    }
    Ok(())
}

fn subject(settings: &SignInSettings) -> String {
    let local = if settings.local_accounts { "local accounts" } else { "no local accounts" };
    match &settings.openid {
        Some(openid) => format!("{local}; {}", openid.issuer),
        None => format!("{local}; no provider"),
    }
}

fn without_secret(mut settings: SignInSettings) -> SignInSettings {
    if let Some(openid) = &mut settings.openid {
        openid.page_client_secret = None;
    }
    settings
}
