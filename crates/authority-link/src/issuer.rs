//! Identity providers that the site's owner pins, and the keys of people that they prove.

use action::{TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// What the owner pins of an issuer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerPin {
    /// Its address, as its tokens name it.
    pub issuer: String,
    /// The tenant whose people it names.
    pub tenant: TenantId,
    /// The signatures that are believed: `RS256`, `PS256`, `ES256`, `EdDSA`.
    pub algorithms: Vec<String>,
    /// The claim that names the tenant at the provider, and what it must say.
    pub tenant_claim: Option<(String, String)>,
    /// The claim that names the person.
    pub person_claim: String,
    /// The client of the command line.
    pub native_client: Option<String>,
    /// The client of the page.
    pub web_client: Option<String>,
    /// Certificates that are trusted for it beside the system's, PEM.
    pub ca: Option<String>,
    /// Its keys, a JSON Web Key Set; where they are given, nothing is fetched.
    pub jwks: Option<String>,
    /// Whether it may be at an address that is not of the internet.
    pub private_addresses: bool,
    /// Claims and values of theirs: the site discovers a person whose token has one of these pairs. None: the owner makes each
    /// person known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discover: Vec<(String, String)>,
}

/// An issuer, as the owner is told.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct IssuerEntry {
    /// What is pinned.
    pub pin: IssuerPin,
    /// How many keys it has,
    pub keys: u64,
    /// and how many it had that still count for earlier tokens.
    pub retired: u64,
}

/// A key that is bound to a person.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct KeyBound {
    /// The person.
    pub user: UserId,
    /// Their name at the site.
    pub user_name: String,
    /// The thumbprint of the key.
    pub jkt: String,
    /// `web` or `native`.
    pub level: String,
    /// The key signs until then.
    pub until: Timestamp,
}
