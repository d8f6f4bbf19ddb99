//! API tokens: for scripts that act in a person's name.

use std::fmt;

use action::{SiteId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::schema;

/// Asks for an API token of the caller.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiToken {
    /// What it is for.
    pub name: String,
    /// When it ends; 90 days from now where absent, a year at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub expires: Option<Timestamp>,
    /// What it may do, as `GET /api/v1/permissions` names it; whatever its person may where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    /// The sites for which it is good; all of its person's where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::uuids, required = false)]
    pub sites: Vec<SiteId>,
    /// The device groups for which it is good; all devices where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_groups: Vec<Uuid>,
}

/// An API token, without its secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ApiToken {
    /// The token's id.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// When it was made.
    #[schema(schema_with = schema::moment)]
    pub created: Timestamp,
    /// When it ends.
    #[schema(schema_with = schema::moment)]
    pub expires: Timestamp,
    /// When it was last used, to the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub last_used: Option<Timestamp>,
    /// What it may do; whatever its person may where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    /// The sites for which it is good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::uuids, required = false)]
    pub sites: Vec<SiteId>,
    /// The device groups for which it is good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_groups: Vec<Uuid>,
}

/// A new API token, with its secret, which is shown this once.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct CreatedApiToken {
    /// The token.
    #[serde(flatten)]
    pub token: ApiToken,
    /// What to send as `Authorization: Bearer`.
    pub secret: String,
}

impl fmt::Debug for CreatedApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedApiToken").field("token", &self.token).finish_non_exhaustive()
    }
}
