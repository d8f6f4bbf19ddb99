//! What a person may do where, and why not.

use action::Reason;

use super::{Judge, RulesError, needed_for_actions};

/// A role that a person holds on one collection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Holding {
    /// The role's name.
    pub(crate) role: String,
    /// The collection's id.
    pub(crate) collection: String,
}

/// Where a person may run device actions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Grants {
    /// The collections on which they may, each with the rule that says so.
    pub(crate) collections: Vec<(String, String)>,
    /// Of the collections on which they hold a role and may not: the first permission that is missing, and the role held.
    pub(crate) missing: Option<(String, String)>,
}

/// Decides on which of the collections that a person holds a role on they may run device actions.
pub(crate) fn grants_on(judge: &Judge, person: &str, holdings: &[Holding]) -> Result<Grants, RulesError> {
    let mut collections: Vec<&str> = holdings.iter().map(|holding| &*holding.collection).collect();
    collections.sort_unstable();
    collections.dedup();
    let mut grants = Grants::default();
    for collection in collections {
        match rule_on(judge, person, holdings, collection)? {
            Ok(rule) => grants.collections.push((collection.to_owned(), rule)),
            Err(permission) => {
                let held = holdings.iter().find(|holding| holding.collection == collection);
                let role = held.map_or_else(String::new, |holding| holding.role.clone());
                grants.missing.get_or_insert((permission.to_owned(), role));
            }
        }
    }
    Ok(grants)
}

/// Returns the rule that gives all that an action needs on a collection, else the first permission that is missing.
fn rule_on(
    judge: &Judge,
    person: &str,
    holdings: &[Holding],
    collection: &str,
) -> Result<Result<String, &'static str>, RulesError> {
    let mut rule = String::new();
    for permission in needed_for_actions() {
        match judge.roles_that_allow(person, holdings, permission, collection)?.first() {
            None => return Ok(Err(permission)),
            // The first permission asked for is the one that acts: its role names the rule.
            Some(role) if rule.is_empty() => rule = format!("role {role} on collection {collection}"),
            Some(_) => {}
        }
    }
    Ok(Ok(rule))
}

/// Returns why a person may not act on a device that is in none of the collections that they may act on.
pub(crate) fn why_not(holdings: &[Holding], grants: &Grants, grantor: String) -> Reason {
    if holdings.is_empty() {
        return Reason::UserUnknownToSite { grantor: Some(grantor) };
    }
    if grants.collections.is_empty() {
        let (permission, role) = grants
            .missing
            .clone()
            .unwrap_or_else(|| (needed_for_actions()[0].to_owned(), holdings[0].role.clone()));
        return Reason::RoleLacksPermission { permission, role: Some(role), grantor: Some(grantor) };
    }
    let collections = grants.collections.iter().map(|(collection, _)| collection.clone()).collect();
    Reason::DeviceOutsideCollections { collections, grantor: Some(grantor) }
}
