//! What a person may do where, and why not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{ALL_SCOPES, Judge, RulesError};

/// A role that a person holds on one collection.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Holding {
    /// The role's name.
    pub(crate) role: String,
    /// The collection's id.
    pub(crate) collection: String,
    /// The scope that the collection must carry, or [`ALL_SCOPES`].
    pub(crate) scope: String,
}

/// What a person holds on one collection.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Held<'a> {
    /// The roles, each with the scope that it is limited to or [`ALL_SCOPES`].
    pub(crate) roles: BTreeSet<(&'a str, &'a str)>,
    /// The scopes that the collection carries.
    pub(crate) scopes: BTreeSet<&'a str>,
}

impl<'a> Held<'a> {
    /// Returns the roles that count: those that are limited to no scope, or to one that the collection carries.
    fn in_scope(&self) -> Vec<(&'a str, &'a str)> {
        let counts = |scope: &str| scope == ALL_SCOPES || self.scopes.contains(scope);
        self.roles.iter().copied().filter(|(_, scope)| counts(scope)).collect()
    }
}

/// What allows an act: the role and the policy that it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rule {
    /// The role's name, and that of its Cedar policy.
    pub(crate) role: String,
    /// The scope that it is limited to.
    pub(crate) scope: Option<String>,
}

impl Rule {
    /// Writes the rule for people.
    pub(crate) fn on(&self, collection: &str) -> String {
        match &self.scope {
            Some(scope) => format!("role {} on collection {collection} of the scope {scope}", self.role),
            None => format!("role {} on collection {collection}", self.role),
        }
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
/// What Cedar is asked depends on nothing but the roles that count on a collection: the same roles on a second
/// collection are not asked about again, so that a person with roles on 500 collections costs what one with one does.
#[derive(Debug)]
pub(crate) struct Verdicts<'a> {
    judge: &'a Judge,
    person: String,
    needed: &'static [&'static str],
    held: BTreeMap<&'a str, Held<'a>>,
    known: HashMap<Vec<(&'a str, &'a str)>, Result<Rule, Missing>>,
}

impl<'a> Verdicts<'a> {
    /// Begins decisions on whether a person may do what needs all of `needed`.
    pub(crate) fn new(
        judge: &'a Judge,
        person: &str,
        held: BTreeMap<&'a str, Held<'a>>,
        needed: &'static [&'static str],
    ) -> Self {
        Self { judge, person: person.to_owned(), needed, held, known: HashMap::new() }
    }

    /// Returns the collections that the person holds a role on.
    pub(crate) fn collections(&self) -> Vec<&'a str> {
        self.held.keys().copied().collect()
    }

    /// Returns the roles that the person holds on a collection, with the scopes that they are limited to.
    pub(crate) fn roles_on(&self, collection: &str) -> Vec<String> {
        let words = |(role, scope): &(&str, &str)| match *scope {
            ALL_SCOPES => (*role).to_owned(),
            scope => format!("{role} (scope {scope})"),
        };
        self.held.get(collection).into_iter().flat_map(|held| held.roles.iter().map(words)).collect()
    }

    /// Returns the scopes to which anything that the person holds is limited.
    pub(crate) fn scopes(&self) -> BTreeSet<&'a str> {
        let limits = self.held.values().flat_map(|held| held.roles.iter().map(|(_, scope)| *scope));
        limits.filter(|scope| *scope != ALL_SCOPES).collect()
    }

    /// Returns the collections on which the person holds roles that all are limited to scopes which these do not carry.
    pub(crate) fn out_of_scope(&self) -> Vec<&'a str> {
        let out = self.held.iter().filter(|(_, held)| held.in_scope().is_empty());
        out.map(|(collection, _)| *collection).collect()
    }

    /// Decides on a collection; `None` where the person holds no role on it that counts.
    pub(crate) fn on(&mut self, collection: &str) -> Result<Option<Result<Rule, Missing>>, RulesError> {
        let Some(held) = self.held.get(collection) else { return Ok(None) };
        let roles = held.in_scope();
        if roles.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.known.get(&roles) {
            return Ok(Some(known.clone()));
        }
        let scopes: Vec<&str> = held.scopes.iter().copied().collect();
        let verdict = self.decide(collection, &roles, &scopes)?;
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

    fn decide(
        &self,
        collection: &str,
        roles: &[(&str, &str)],
        scopes: &[&str],
    ) -> Result<Result<Rule, Missing>, RulesError> {
        let holding = |(role, scope): &(&str, &str)| Holding {
            role: (*role).to_owned(),
            collection: collection.to_owned(),
            scope: (*scope).to_owned(),
        };
        let holdings: Vec<Holding> = roles.iter().map(holding).collect();
        let mut rule = None;
        for &permission in self.needed {
            let allowing =
                self.judge.roles_that_allow(&self.person, &holdings, permission, collection, scopes)?;
            let Some(role) = allowing.into_iter().next() else {
                let role = roles.first().map(|(role, _)| (*role).to_owned());
                return Ok(Err(Missing { permission, role }));
            };
            // The first permission asked for is the one that acts: its role names the rule.
            rule.get_or_insert_with(|| Rule { scope: limit_of(&role, roles), role });
        }
        Ok(rule.ok_or(Missing { permission: "", role: None }))
    }
}

/// Returns the scope that a role is limited to, where it is not held without a limit as well.
fn limit_of(role: &str, roles: &[(&str, &str)]) -> Option<String> {
    if roles.contains(&(role, ALL_SCOPES)) {
        return None;
    }
    let mut limits = roles.iter().filter(|(held, _)| *held == role);
    limits.next().map(|(_, scope)| (*scope).to_owned())
}
