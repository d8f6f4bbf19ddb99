//! What the site's owner pinned of an issuer.

use std::collections::BTreeSet;

use action::TenantId;
use authority_link::IssuerPin;
use proof::Level;
use serde_json::Value;

use super::{algorithm::Algorithm, members::Members};

/// The longest text of a pin, in bytes, and the largest file.
const LONGEST: usize = 255;
const LARGEST_FILE: usize = 256 << 10;

/// The most pairs of claim and value that discover people: a few groups of a provider.
const MOST_PAIRS: usize = 20;

/// An issuer, pinned and checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PinnedIssuer {
    /// Its address, as its tokens name it.
    pub(crate) issuer: String,
    /// The signatures that are believed.
    pub(crate) algorithms: BTreeSet<Algorithm>,
    /// The claim that names the tenant at the provider, and what it must say.
    pub(crate) tenant_claim: Option<(String, String)>,
    /// The claim that names the person.
    pub(crate) person_claim: String,
    /// The client of the command line.
    pub(crate) native_client: Option<String>,
    /// The client of the page.
    pub(crate) web_client: Option<String>,
    /// The tenant whose people it names.
    pub(crate) for_tenant: TenantId,
    /// Whether the owner gave the keys; else the site fetches them.
    pub(crate) keys_given: bool,
    /// Claims and values: who has one of these pairs is discovered.
    pub(super) discover: BTreeSet<(String, String)>,
}

impl PinnedIssuer {
    /// Checks a pin. What is wrong comes with its fix.
    pub(crate) fn checked(pin: &IssuerPin) -> Result<Self, (String, &'static str)> {
        let IssuerPin { issuer, algorithms, tenant_claim, person_claim, native_client, web_client, .. } = pin;
        let texts = [issuer, person_claim].into_iter().chain(native_client).chain(web_client);
        let texts = texts.chain(tenant_claim.iter().flat_map(|(name, value)| [name, value]));
        for text in texts {
            let odd = text.is_empty() || text.len() > LONGEST || text.contains(char::is_control);
            if odd || text.contains(char::is_whitespace) {
                let what = format!("a text is empty, longer than {LONGEST} bytes, or holds spaces");
                return Err((what, "correct the options"));
            }
        }
        if pin.discover.len() > MOST_PAIRS {
            return Err((format!("more than {MOST_PAIRS} claims discover people"), "name fewer"));
        }
        // A value may be a name with spaces in it, as groups have.
        for text in pin.discover.iter().flat_map(|(claim, value)| [claim, value]) {
            if text.trim().is_empty() || text.len() > LONGEST || text.contains(char::is_control) {
                let what = format!("a claim that discovers people is empty, or longer than {LONGEST} bytes");
                return Err((what, "write it like `groups=operators`"));
            }
        }
        let address = issuer.strip_prefix("https://").unwrap_or_default();
        if address.is_empty() || address.contains(['?', '#', '@']) {
            let what = format!("`{issuer}` is no https address without query and user");
            return Err((what, "give the issuer as its tokens name it, such as https://id.example"));
        }
        // An e-mail address is handed from one person to the next, a name is chosen by the person.
        if ["email", "preferred_username", "upn", "name"].contains(&&**person_claim) {
            let what = format!("the claim `{person_claim}` does not name a person for good");
            return Err((what, "use `sub`, or `oid` at Microsoft Entra"));
        }
        let mut chosen = BTreeSet::new();
        for name in algorithms {
            let Some(algorithm) = Algorithm::of_name(name) else {
                return Err((format!("`{name}` is not believed"), "use RS256, PS256, ES256 or EdDSA"));
            };
            chosen.insert(algorithm);
        }
        if chosen.is_empty() {
            return Err(("no algorithm is pinned".to_owned(), "name one, such as RS256"));
        }
        if native_client.is_none() && web_client.is_none() {
            let fix = "name the client of the command line, of the page, or both";
            return Err(("no client is pinned".to_owned(), fix));
        }
        if native_client == web_client {
            let what = "both levels have the same client".to_owned();
            return Err((what, "register one client for the page and one for the command line"));
        }
        if pin.ca.iter().chain(&pin.jwks).any(|file| file.len() > LARGEST_FILE) {
            return Err(("a file is larger than 256 KiB".to_owned(), "give the issuer's own file"));
        }
        Ok(Self {
            issuer: issuer.clone(),
            algorithms: chosen,
            tenant_claim: tenant_claim.clone(),
            person_claim: person_claim.clone(),
            native_client: native_client.clone(),
            web_client: web_client.clone(),
            for_tenant: pin.tenant,
            keys_given: pin.jwks.is_some(),
            discover: pin.discover.iter().cloned().collect(),
        })
    }

    /// Returns whether the site discovers the person whom these claims tell of.
    pub(super) fn permits(&self, claims: &Members) -> bool {
        self.discover.iter().any(|(claim, value)| match claims.get(claim) {
            Some(Value::String(said)) => said == value,
            Some(Value::Array(all)) => all.iter().any(|said| said.as_str() == Some(value)),
            _ => false,
        })
    }

    /// Returns what has the site discover a person, each as `claim=value`.
    pub(crate) fn discovers(&self) -> impl Iterator<Item = String> {
        self.discover.iter().map(|(claim, value)| format!("{claim}={value}"))
    }

    /// Returns the client of a level.
    pub(crate) fn client(&self, level: Level) -> Option<&str> {
        match level {
            Level::Native => self.native_client.as_deref(),
            Level::Web => self.web_client.as_deref(),
        }
    }
}
