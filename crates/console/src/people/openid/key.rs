//! The command line signs in: it has been at the provider itself, with a key of its own.
//!
//! The provider's code and the key never pass through the console, which would otherwise be able to have the provider's token made
//! for a key of its own. What comes is a token that commits to the key, signed by the key just now.

use std::{str::FromStr as _, time::Duration};

use axum::{Extension, Json, extract::State, http::StatusCode};
use console_api::{KeySignIn, OpenIdSettings, SignedIn};
use openidconnect::core::CoreIdToken;
use proof::{
    Level,
    key_binding::{For, KeyBinding},
};
use service::error::Chain;

use super::{
    begin::{away, provider_of},
    finish::{Way, begin_session, entry, known},
    token::{self, Unproven},
};
use crate::{
    problem::{Refusal, short},
    read::Body,
    secret,
    state::Console,
    store::Provided,
    web::Caller,
};

/// How long ago the key may have signed, and how far its clock may be ahead.
const FRESH: Duration = Duration::from_mins(2);

/// Sign in with a key, and the provider's token that commits to it.
#[utoipa::path(post, path = "/api/v1/sign-in/openid/key", tag = "sign-in", request_body = KeySignIn, security(()),
    responses((status = 200, body = SignedIn)))]
pub(crate) async fn sign_in_with_key(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Body(asked): Body<KeySignIn>,
) -> Result<Json<SignedIn>, Refusal> {
    let now = console.now();
    if let Err(seconds) = console.limits().attempt(caller.address, &short(&caller.address.to_string()), now) {
        return Err(Refusal::too_many("Too many attempts to sign in from here.", seconds));
    }
    let (tenant, openid) = provider_of(&console, asked.tenant.as_deref()).await?;
    let metadata = console.providers().get(&openid.issuer, now).await;
    let metadata = metadata.map_err(|error| away(&console, &openid.issuer, &error))?;
    let proven = async {
        let (binding, id_token) = read(&asked.sign_in)?;
        if binding.tenant != tenant || binding.level != Level::Native {
            let detail = "The key commits to another tenant or level.";
            return Err(Unproven::new("token-not-valid", detail, detail));
        }
        if now.since(binding.iat) > FRESH || binding.iat.since(now) > FRESH {
            let inside = format!("signed at {}", binding.iat);
            return Err(Unproven::new("too-old", "The sign-in was not signed just now.", inside));
        }
        let Some(client_id) = &openid.cli_client_id else {
            let detail = "The tenant's provider has no client for the command line.";
            return Err(Unproven::new("no-cli-client", detail, detail));
        };
        let nonce = binding.commitment().nonce();
        let providers = console.providers();
        token::named(providers, &openid, &metadata, client_id, &id_token, &nonce, tenant, now).await
    };
    let unproven = match proven.await {
        Ok(provided) => match end(&console, &caller, &openid, &provided, &asked.sign_in).await? {
            Ok(signed_in) => return Ok(Json(signed_in)),
            Err(unproven) => unproven,
        },
        Err(unproven) => {
            let result = format!("refused: {}", unproven.word);
            console.audit_refusal(entry(tenant, &caller, "a person of the provider", result, now)).await?;
            unproven
        }
    };
    let from = caller.address;
    console.log().warn(format_args!("Refused a sign-in with a key from {from}: {}", unproven.inside));
    let fix = "Sign in again: `tenon login`.";
    Err(Refusal::new(StatusCode::UNAUTHORIZED, unproven.word, "Not signed in", unproven.detail, fix))
}

fn read(text: &str) -> Result<(KeyBinding, CoreIdToken), Unproven> {
    let odd = |inside: String| Unproven::new("token-not-valid", "The sign-in cannot be read.", inside);
    let binding = KeyBinding::verify(For::Console, text).map_err(|error| odd(Chain(&error).to_string()))?;
    let id_token = CoreIdToken::from_str(&binding.id_token);
    let id_token = id_token.map_err(|_| odd("its token cannot be read".to_owned()))?;
    Ok((binding, id_token))
}

/// Begins the session, once for each text.
async fn end(
    console: &Console,
    caller: &Caller,
    openid: &OpenIdSettings,
    provided: &Provided,
    text: &str,
) -> Result<Result<SignedIn, Unproven>, Refusal> {
    let now = console.now();
    let hash = secret::sha256(text.as_bytes());
    if !console.store().first_use(&hash, provided.tenant, now.plus(2 * FRESH), now).await? {
        let detail = "This sign-in was used already.";
        return Ok(Err(Unproven::new("not-begun", detail, detail)));
    }
    let person = match known(console, caller, provided, now).await? {
        Ok(person) => person,
        Err(unproven) => return Ok(Err(unproven)),
    };
    Ok(Ok(begin_session(console, caller, &person, openid, Way::Token).await?.1))
}
