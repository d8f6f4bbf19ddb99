//! Signs in at the tenant's provider, without the console in between: a token that commits to a key of this machine is made for
//! that key alone, and only this program sees the code that the provider gives for it.

use std::{path::Path, sync::Arc};

use action::TenantId;
use anyhow::Context as _;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use outside::{Options, Outside, SystemNames};
use proof::{Commitment, Hash, Level, PersonSigningKey};
use serde::Deserialize;
use service::{dice, error::Chain};

use super::loopback::{Loopback, Waiting, start_browser};
use crate::{
    command::pair::new_key,
    exit::{self, Stop},
    print,
};

/// The provider, and what the command line is to it.
#[derive(Debug)]
pub(super) struct Provider {
    outside: Outside,
    said: Configuration,
    client_id: String,
    scopes: Vec<String>,
}

/// What a provider says of itself.
#[derive(Debug, Deserialize)]
struct Configuration {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// A key, and the token that commits to it.
pub(super) struct Committed {
    /// The key's secret number.
    pub(super) secret: Hash,
    pub(super) key: PersonSigningKey,
    pub(super) commitment: Commitment,
    pub(super) id_token: String,
    /// The browser, which waits to be told.
    pub(super) browser: Waiting,
}

impl Provider {
    /// Asks a provider what it says of itself.
    pub(super) async fn ask(
        issuer: &str,
        ca_file: Option<&Path>,
        client_id: String,
        scopes: Vec<String>,
    ) -> anyhow::Result<Self> {
        let ca_pem = ca_file.map(|path| {
            std::fs::read(path)
                .with_context(|| format!("failed to read the certificates in {}", path.display()))
        });
        let ca_pem = ca_pem.transpose()?;
        // The person at this machine names the provider: it may be in their own network.
        let options =
            Options { private_addresses: true, ca_pem: ca_pem.as_deref(), names: Arc::new(SystemNames) };
        let outside = Outside::new(&options).map_err(|error| away(issuer, &error))?;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let said = outside.read(&address).await.map_err(|error| away(issuer, &error))?;
        let said: Configuration = serde_json::from_slice(&said)
            .map_err(|_| odd("its answer is no OpenID Connect configuration"))?;
        if said.issuer != issuer {
            return Err(odd("its configuration names another issuer"));
        }
        Ok(Self { outside, said, client_id, scopes })
    }

    /// Signs the person in, with a key that is made here; `open` says whether to start a browser.
    pub(super) async fn sign_in(&self, tenant: TenantId, open: bool) -> anyhow::Result<Committed> {
        let (secret, key) = new_key();
        let jkt = key.public().thumbprint();
        let commitment = Commitment { jkt, rz: dice::bytes(), tenant, level: Level::Native };
        let (verifier, state) = (random(), random());
        let loopback = Loopback::open().await?;
        let address = self.address(&loopback.redirect, &commitment.nonce(), &verifier, &state);
        print::line(&format!("open this address to sign in: {}", print::clean(&address)))?;
        if open {
            start_browser(&address);
        }
        let (browser, answer) = loopback.answer(&state).await?;
        // Another provider's answer must not pass for this one's (RFC 9207).
        let own = match answer.iss.as_deref() {
            Some(iss) => iss == self.said.issuer,
            None => !self.said.authorization_response_iss_parameter_supported,
        };
        let code = answer.code.filter(|_| own && answer.error.is_none());
        let got = match code {
            Some(code) => self.exchange(&code, &loopback.redirect, &verifier).await,
            None if !own => Err(odd("the answer is another provider's")),
            None => {
                let said = print::clean(answer.error.as_deref().unwrap_or("no code"));
                let told = format!("the provider did not sign you in: {said}");
                Err(Stop::error(
                    exit::REFUSED,
                    told,
                    "run `tenon login` again, or ask the provider's administrator",
                ))
            }
        };
        match got {
            Ok(id_token) => Ok(Committed { secret, key, commitment, id_token, browser }),
            Err(error) => {
                browser.tell(false).await;
                Err(error)
            }
        }
    }

    fn address(&self, redirect: &str, nonce: &str, verifier: &str, state: &str) -> String {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Hash::of(verifier.as_bytes()).0);
        let scopes = ["openid", "profile"].into_iter().chain(self.scopes.iter().map(String::as_str));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", redirect),
            ("scope", &scopes.collect::<Vec<_>>().join(" ")),
            ("nonce", nonce),
            ("state", state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let base = &self.said.authorization_endpoint;
        let join = if base.contains('?') { '&' } else { '?' };
        format!("{base}{join}{query}")
    }

    async fn exchange(&self, code: &str, redirect: &str, verifier: &str) -> anyhow::Result<String> {
        let body = form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("client_id", &self.client_id),
            ("code_verifier", verifier),
        ]);
        let request = http::Request::post(&self.said.token_endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body.into_bytes())
            .map_err(|_| odd("its token endpoint is no address"))?;
        let answer = self.outside.fetch(request).await.map_err(|error| away(&self.said.issuer, &error))?;
        if !answer.status().is_success() {
            return Err(odd("it refused its own code: it may be used or too old"));
        }
        let tokens: Tokens = serde_json::from_slice(answer.body()).map_err(|_| odd("it gave no ID token"))?;
        Ok(tokens.id_token)
    }
}

fn random() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(dice::bytes::<32>())
}

/// Writes a form, as addresses and bodies carry it.
fn form(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

fn away(issuer: &str, error: &outside::OutsideError) -> anyhow::Error {
    let told = format!("the provider {} cannot be reached: {}", print::clean(issuer), Chain(error));
    let fix = "check the address; `--issuer-ca-file` trusts a certificate of your own network";
    Stop::error(exit::FAILED, told, fix)
}

fn odd(what: &str) -> anyhow::Error {
    let told = format!("the provider's answer cannot be used: {what}");
    Stop::error(exit::REFUSED, told, "run `tenon login` again; if it stays, ask the provider's administrator")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_escaped() {
        let form = form(&[("redirect_uri", "http://127.0.0.1:5/callback"), ("scope", "openid a&b")]);
        assert_eq!(form, "redirect_uri=http%3A%2F%2F127.0.0.1%3A5%2Fcallback&scope=openid%20a%26b");
    }
}
