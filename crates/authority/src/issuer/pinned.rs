//! What the site's owner pinned of an issuer.

use std::collections::BTreeSet;

use action::TenantId;
use authority_link::IssuerPin;
use proof::Level;

use super::algorithm::Algorithm;

/// The longest text of a pin, in bytes, and the largest file.
const LONGEST: usize = 255;
const LARGEST_FILE: usize = 256 << 10;

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
        })
    }

    /// Returns the client of a level.
    pub(crate) fn client(&self, level: Level) -> Option<&str> {
        match level {
            Level::Native => self.native_client.as_deref(),
            Level::Web => self.web_client.as_deref(),
        }
    }
}
