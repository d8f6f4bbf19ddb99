//! What a second person approves, or refuses.

use action::SiteId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// The request of an action as it is sent to its site. Whoever approves it signs its SHA-256, so that they need not believe
/// what else the console shows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SentRequest {
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// The signed request, or the canonical form of one that nobody has signed (docs/protocol/proof.md).
    pub request: String,
    /// The site's newest nonce; absent where the site has never sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_nonce: Option<String>,
}

/// What a second person says of a request that waits. The console carries it and cannot change it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApproval {
    /// The signed approval, as docs/protocol/proof.md has it.
    #[schema(max_length = 4096)]
    pub approval: String,
}

/// What the site made of an approval.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Approved {
    /// Whether the action is on its way now. Not where it was refused, or where the site's rules no longer allow it.
    pub allowed: bool,
}
