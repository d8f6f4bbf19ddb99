//! What a person may do where, and why not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Judge, RulesError};

/// A role that a person holds on one collection.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Holding {
    /// The role's name.
    pub(crate) role: String,
    /// The collection's id.
    pub(crate) collection: String,
}

/// What allows an act: the role and the policy that it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rule {
    /// The role's name, and that of its Cedar policy.
    pub(crate) role: String,
}

impl Rule {
    /// Writes the rule for people.
    pub(crate) fn on(&self, collection: &str) -> String {
        format!("role {} on collection {collection}", self.role)
    }
}

/// What is missing: of the permissions that an act needs the first that no role held gives, and such a role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Missing {
    /// The permission.
    pub(crate) permission: &'static str,
    /// A role that is held and lacks it.
    pub(crate) role: Option<String>,
}

/// The decisions on one person and one act.
///
/// What Cedar is asked depends on nothing but the roles that are held on a collection: the same roles on a second
/// collection are not asked about again, so that a person with roles on 500 collections costs what one with one does.
#[derive(Debug)]
pub(crate) struct Verdicts<'a> {
    judge: &'a Judge,
    person: String,
    needed: &'static [&'static str],
    held: BTreeMap<&'a str, BTreeSet<&'a str>>,
    known: HashMap<Vec<&'a str>, Result<Rule, Missing>>,
}

impl<'a> Verdicts<'a> {
    /// Begins decisions on whether a person may do what needs all of `needed`.
    pub(crate) fn new(
        judge: &'a Judge,
        person: &str,
        held: BTreeMap<&'a str, BTreeSet<&'a str>>,
        needed: &'static [&'static str],
    ) -> Self {
        Self { judge, person: person.to_owned(), needed, held, known: HashMap::new() }
    }

    /// Returns the collections that the person holds a role on.
    pub(crate) fn collections(&self) -> Vec<&'a str> {
        self.held.keys().copied().collect()
    }

    /// Returns the roles that the person holds on a collection.
    pub(crate) fn roles_on(&self, collection: &str) -> impl Iterator<Item = &'a str> {
        self.held.get(collection).into_iter().flatten().copied()
    }

    /// Decides on a collection; `None` where the person holds no role on it.
    pub(crate) fn on(&mut self, collection: &str) -> Result<Option<Result<Rule, Missing>>, RulesError> {
        let Some(roles) = self.held.get(collection) else { return Ok(None) };
        let roles: Vec<&str> = roles.iter().copied().collect();
        if let Some(known) = self.known.get(&roles) {
            return Ok(Some(known.clone()));
        }
        let verdict = self.decide(collection, &roles)?;
        self.known.insert(roles, verdict.clone());
        Ok(Some(verdict))
    }

    /// Returns the collections on which the person may act.
    pub(crate) fn allowed(&mut self) -> Result<Vec<&'a str>, RulesError> {
        let mut allowed = Vec::new();
        for collection in self.collections() {
            if let Some(Ok(_)) = self.on(collection)? {
                allowed.push(collection);
            }
        }
        Ok(allowed)
    }

    /// Returns what is missing on the first collection where something is; the first permission where no role is held.
    pub(crate) fn missing(&mut self) -> Result<Missing, RulesError> {
        for collection in self.collections() {
            if let Some(Err(missing)) = self.on(collection)? {
                return Ok(missing);
            }
        }
        Ok(Missing { permission: self.needed.first().copied().unwrap_or_default(), role: None })
    }

    /// Returns for how many sets of roles Cedar was asked.
    #[cfg(test)]
    pub(crate) fn decided(&self) -> usize {
        self.known.len()
    }

    fn decide(&self, collection: &str, roles: &[&str]) -> Result<Result<Rule, Missing>, RulesError> {
        let holding = |role: &&str| Holding { role: (*role).to_owned(), collection: collection.to_owned() };
        let holdings: Vec<Holding> = roles.iter().map(holding).collect();
        let mut rule = None;
        for &permission in self.needed {
            let allowing = self.judge.roles_that_allow(&self.person, &holdings, permission, collection)?;
            let Some(role) = allowing.into_iter().next() else {
                return Ok(Err(Missing { permission, role: roles.first().map(|&role| role.to_owned()) }));
            };
            // The first permission asked for is the one that acts: its role names the rule.
            rule.get_or_insert(Rule { role });
        }
        Ok(rule.ok_or(Missing { permission: "", role: None }))
    }
}
