//! Security scopes: what an assignment is limited to beside its collections.
//!
//! A collection carries scopes. A role that is limited to a scope counts on the collections that it is assigned on and on those
//! within them, where they carry the scope; a role that is limited to none counts whatever they carry.

/// The scope of an assignment that is limited to none. Nothing carries it by its name.
pub(crate) const ALL_SCOPES: &str = "All";

/// The scope of a collection that carries no other.
pub(crate) const DEFAULT_SCOPE: &str = "Default";
