//! What the console knows of a site's rules: names and counts, as the site last sent them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A collection of a site.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Collection {
    /// Its id, such as `SMS00001`.
    pub id: String,
    /// Its name, such as `All Devices`.
    pub name: String,
    /// Grows when its rule changes.
    pub version: u64,
    /// How many devices it held.
    pub count: u64,
}

/// A policy of a site.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// The collections that it is assigned to.
    pub collections: Vec<String>,
}
