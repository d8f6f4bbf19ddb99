//! The site's rules: who may do what on which collection.
//!
//! A role is a set of permissions, and a Cedar policy; an assignment gives a person a role on collections, all of them or
//! those that carry one of its security scopes, and is data. One
//! decision is made for each collection that a person holds a role on, and devices are then looked up in the collections:
//! a push to 100,000 devices costs as many decisions as one to a single device.

mod permission;
mod scope;
mod judge;
mod verdict;

pub(crate) use judge::{Judge, RulesError};
pub(crate) use permission::{BUILT_IN_ROLES, is_permission, needed_for, needed_for_reading};
pub(crate) use scope::{ALL_SCOPES, DEFAULT_SCOPE};
pub(crate) use verdict::{Held, Missing, Verdicts};

#[cfg(test)]
mod tests;
