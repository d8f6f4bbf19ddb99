//! From the provider's code to the person: the code is exchanged, the ID token verified, its claims read.

use action::{TenantId, Timestamp};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use console_api::OpenIdSettings;
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, Nonce, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, SignatureVerificationError, TokenResponse as _,
    core::{CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value};
use service::error::Chain;

use super::provider::{Metadata, Providers};
use crate::store::{Begun, Provided};

/// Signatures that are believed: none with a shared secret, none absent.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 6] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The most groups of a person that are kept, and the longest name of one, in bytes: what Microsoft Entra puts into a
/// token at most.
const MOST_GROUPS: usize = 200;
const LONGEST_GROUP: usize = 256;

/// Why the provider's answer names nobody. The first text is for people, the second for the log.
#[derive(Debug)]
pub(super) struct Unproven {
    /// A word for pages and scripts.
    pub(super) word: &'static str,
    pub(super) detail: String,
    pub(super) inside: String,
}

impl Unproven {
    pub(super) fn new(word: &'static str, detail: impl Into<String>, inside: impl Into<String>) -> Self {
        Self { word, detail: detail.into(), inside: inside.into() }
    }
}

/// Exchanges the code and returns whom the provider names, with the token that names them.
pub(super) async fn person(
    providers: &Providers,
    settings: &OpenIdSettings,
    metadata: &Metadata,
    begun: &Begun,
    code: String,
    now: Timestamp,
) -> Result<(Provided, String), Unproven> {
    let client_id = &settings.page_client_id;
    let secret = settings.page_client_secret.clone().map(ClientSecret::new);
    let client =
        CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(client_id.clone()), secret);
    let odd =
        |inside: String| Unproven::new("provider-failed", "The provider's answer cannot be used.", inside);
    let redirect = RedirectUrl::new(begun.redirect.clone()).map_err(|error| odd(error.to_string()))?;
    let request = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|error| odd(error.to_string()))?
        .set_redirect_uri(std::borrow::Cow::Owned(redirect))
        .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()));
    let answer = request.request_async(providers.client()).await.map_err(|error| match &error {
        RequestTokenError::ServerResponse(said) => {
            let inside =
                format!("the provider refused the code: {}", crate::problem::short(&said.to_string()));
            Unproven::new(
                "code-refused",
                "The provider refused its own code: it may be used or too old.",
                inside,
            )
        }
        RequestTokenError::Request(error) => {
            Unproven::new("provider-away", "The provider cannot be reached.", Chain(error).to_string())
        }
        _ => odd("its answer to the code is no token response".to_owned()),
    })?;
    let Some(token) = answer.id_token() else { return Err(odd("it gave no ID token".to_owned())) };
    let provided = named(providers, settings, metadata, client_id, token, &begun.nonce, begun.tenant, now);
    Ok((provided.await?, token.to_string()))
}

/// Returns whom a token names that commits to `nonce` and is for this client.
#[expect(clippy::too_many_arguments, reason = "each is a thing that the token is checked against")]
pub(super) async fn named(
    providers: &Providers,
    settings: &OpenIdSettings,
    metadata: &Metadata,
    client_id: &str,
    token: &CoreIdToken,
    nonce: &str,
    tenant: TenantId,
    now: Timestamp,
) -> Result<Provided, Unproven> {
    verify(providers, settings, metadata, client_id, token, nonce, now).await?;
    let unreadable = "its claims cannot be read";
    let claims = claims(token).ok_or_else(|| {
        Unproven::new("provider-failed", "The provider's answer cannot be used.", unreadable)
    })?;
    read(settings, tenant, &claims)
}

/// Checks signature, issuer, audience, time and nonce; a key that is not known is looked for once.
async fn verify(
    providers: &Providers,
    settings: &OpenIdSettings,
    metadata: &Metadata,
    client_id: &str,
    token: &CoreIdToken,
    nonce: &str,
    now: Timestamp,
) -> Result<(), Unproven> {
    let nonce = Nonce::new(nonce.to_owned());
    let check = |metadata: &Metadata| {
        let verifier = CoreIdTokenVerifier::new_public_client(
            ClientId::new(client_id.to_owned()),
            metadata.issuer().clone(),
            metadata.jwks().clone(),
        );
        token.claims(&verifier.set_allowed_algs(ALGORITHMS), &nonce).map(|_| ())
    };
    let refused = |error: ClaimsVerificationError| {
        let detail = "The provider's ID token is not valid for this console.";
        Unproven::new("token-not-valid", detail, format!("the ID token is refused: {}", Chain(&error)))
    };
    match check(metadata) {
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            let again = providers.look_again(&settings.issuer, now).await;
            let again = again.map_err(|error| {
                let detail = "The provider's keys cannot be fetched.";
                Unproven::new("provider-away", detail, Chain(&error).to_string())
            })?;
            match again {
                Some(metadata) => check(&metadata).map_err(refused),
                None => Err(Unproven::new(
                    "key-unknown",
                    "The provider signed with a key that the console does not know yet. Try again in a minute.",
                    "unknown key; the keys were fetched within the last minute",
                )),
            }
        }
        checked => checked.map_err(refused),
    }
}

/// Returns the claims of a token that is verified.
fn claims(token: &CoreIdToken) -> Option<Map<String, Value>> {
    let text = token.to_string();
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Reads who the person is.
fn read(
    settings: &OpenIdSettings,
    tenant: TenantId,
    claims: &Map<String, Value>,
) -> Result<Provided, Unproven> {
    let text = |claim: &str| {
        claims.get(claim).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    };
    let Some(subject) = text(&settings.person_claim) else {
        let detail = format!("The provider's token has no claim `{}`.", settings.person_claim);
        return Err(Unproven::new("claim-missing", detail.clone(), detail));
    };
    let name = text(&settings.name_claim).or_else(|| text("email")).unwrap_or(subject);
    let display_name = text("name").unwrap_or(name);
    let groups = match claims.get(&settings.groups_claim) {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(group)) => vec![group.clone()],
        _ => Vec::new(),
    };
    let mut groups: Vec<String> = groups
        .into_iter()
        .filter(|group: &String| !group.is_empty() && group.len() <= LONGEST_GROUP)
        .collect();
    groups.sort();
    groups.dedup();
    groups.truncate(MOST_GROUPS);
    Ok(Provided {
        tenant,
        issuer: settings.issuer.clone(),
        person_claim: settings.person_claim.clone(),
        subject: subject.chars().take(255).collect(),
        name: shown(name),
        display_name: shown(display_name),
        groups,
    })
}

/// Returns a name from outside without what would not be taken in a name of the console.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(super::super::LONGEST_NAME).collect()
}
