//! Security scopes, as the site's owner administers them.

use serde::{Deserialize, Serialize};

/// What the owner asks about security scopes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum ScopeCall {
    /// Make a scope, or say anew what it is for.
    Put {
        /// The scope's name.
        name: String,
        /// What it is for.
        description: String,
    },
    /// Remove a scope that nothing carries and no role is limited to.
    Remove {
        /// The scope's name.
        name: String,
    },
    /// Have a collection carry these scopes, and no others.
    Carry {
        /// The collection's id or name.
        collection: String,
        /// The scopes; none: the default one.
        scopes: Vec<String>,
    },
    /// All scopes.
    List,
}

/// A security scope.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ScopeEntry {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The names of the collections that carry it.
    pub collections: Vec<String>,
    /// How many assignments are limited to it.
    pub assignments: u64,
}
