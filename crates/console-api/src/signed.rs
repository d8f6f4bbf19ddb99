//! Requests that people sign themselves, and how their keys become known to a site.

use action::{ConsoleId, SiteId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// What is to be signed: a draft for each site.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Drafts {
    /// The drafts.
    pub drafts: Vec<Draft>,
    /// What was asked, as one line of text: `tenon sign` shows it, drafts it anew and signs it with a native key.
    #[serde(default)]
    #[schema(required = true)]
    pub text: String,
}

/// A request as it would be made of one site. Whoever signs it looks at it first: only what is signed counts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Draft {
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// The site's name.
    pub site_name: String,
    /// The request in its canonical form (docs/protocol/proof.md), without proof.
    pub request: String,
    /// The site's newest nonce; absent where the site has never sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_nonce: Option<String>,
}

/// Requests that were signed, each for one site.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedActions {
    /// The signed requests, each as a compact JWS; 100 at most.
    #[schema(min_items = 1, max_items = 100)]
    pub requests: Vec<String>,
}

/// What a message of a pairing says about where the person is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PairingPlace {
    /// The tenant.
    #[schema(schema_with = schema::uuid)]
    pub tenant: TenantId,
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// The console.
    #[schema(schema_with = schema::uuid)]
    pub console: ConsoleId,
    /// The person.
    #[schema(schema_with = schema::uuid)]
    pub user: UserId,
}

/// A message of a pairing, on its way to a site or back. The console carries it and cannot change it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairingMessage {
    /// The message, as docs/protocol/proof.md has it.
    #[schema(max_length = 8192)]
    pub message: String,
}
