//! Keys of people: what they sign their requests with. The console carries what proves them, and believes none of it.

use std::fmt;

use action::{SiteId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Why, schema};

/// A key that the sites are to believe.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The binding: a JWS of the key with the token of the sign-in (docs/protocol/proof.md).
    pub binding: String,
}

/// A key that the sites are to believe no more.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetiredKey {
    /// The retirement: a JWS of the key (docs/protocol/proof.md).
    pub retirement: String,
}

/// What a site says of a key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct KeyAtSite {
    /// The site.
    #[schema(value_type = uuid::Uuid)]
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// Whose key it is there, where the site believes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<BoundKey>,
    /// Why the site does not believe it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Why the site did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<String>,
}

/// Whose a key is at a site.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BoundKey {
    /// The person.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// Their name at the site.
    pub user_name: String,
    /// The thumbprint of the key.
    pub jkt: String,
    /// What may be asked with it: `web` or `native`.
    pub level: String,
    /// The key signs until then.
    #[schema(schema_with = schema::moment)]
    pub until: Timestamp,
}

/// The token of a sign-in, handed to the page once.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct IdToken {
    /// The provider.
    pub issuer: String,
    /// The token as the provider gave it.
    pub id_token: String,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewKey")
    }
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdToken").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
