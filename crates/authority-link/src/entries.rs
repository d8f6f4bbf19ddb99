//! What there is at a site, as its owner is told.

use action::{DeviceId, Timestamp, UserId};
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
    /// The security scopes that it is limited to; none where it is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
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

/// A join token, without its secret.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct JoinTokenEntry {
    /// The token's id.
    pub id: String,
    /// How many devices may still use it.
    pub uses_left: u32,
    /// When it ends.
    pub expires: Timestamp,
    /// The collection that devices land in.
    pub collection: Option<String>,
    /// The device that it is for, where it is for one that has lost its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

/// A policy of the site.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PolicyEntry {
    /// The policy's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// SHA-256 of the document, hexadecimal.
    pub sha256: String,
    /// The collections that it is assigned to.
    pub collections: Vec<String>,
    /// The users that it is applied as; none: machine policy.
    pub users: Vec<String>,
    /// Of policies that describe one thing differently, the highest stands.
    pub priority: u32,
}

/// A version of a policy.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// What the policy was in this version.
    #[serde(flatten)]
    pub entry: PolicyEntry,
    /// When it was made.
    pub at: Timestamp,
    /// How it came to be, such as `put` or `rolled back to version 3`.
    pub what: String,
}

/// A thing that several policies of one device describe, not all of them alike.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PolicyConflict {
    /// The thing.
    pub target: String,
    /// The policies, with their priority and the name of the resource.
    pub policies: Vec<(String, u32, String)>,
    /// The policy that stands; none: the resource is applied by none of them.
    pub stands: Option<String>,
}

/// A collection of the site.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct CollectionEntry {
    /// The collection's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its query.
    pub query: Option<String>,
    /// The ids of collections whose members are its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// The ids of collections whose members are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// The id of the collection that it is within.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_to: Option<String>,
    /// How many devices it holds.
    pub count: u64,
    /// Grows when the rule changes.
    pub version: u64,
    /// The security scopes that it carries; none where that is the default one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}
