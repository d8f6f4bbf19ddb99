//! How a site is, as it says itself.

use action::{SiteId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// How a site is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SiteHealth {
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// When the site looked.
    #[schema(schema_with = schema::moment)]
    pub as_of: Timestamp,
    /// What it looked at: the checks of `tenon doctor site`.
    pub checks: Vec<HealthCheck>,
}

/// A check and what it found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HealthCheck {
    /// Its name, which stays.
    pub name: String,
    /// `good`, `warning` (it will not work for long, or not well) or `failed`.
    pub outcome: String,
    /// What was found.
    pub found: String,
    /// What to do where it is not good; empty where it is.
    #[serde(default)]
    pub fix: String,
}
