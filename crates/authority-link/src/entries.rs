//! Assignments and rollouts, as the site's owner is told.

use action::UserId;
use serde::{Deserialize, Serialize};

use crate::RolloutPlan;

/// A role that a person holds.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct AssignmentEntry {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The role's name.
    pub role: String,
    /// The collections that it is held on.
    pub collections: Vec<String>,
}

/// How pushes to a collection go.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct RolloutEntry {
    /// The collection's id.
    pub collection: String,
    /// Its name.
    pub name: String,
    /// The rings.
    pub plan: RolloutPlan,
}
