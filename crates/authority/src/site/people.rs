//! People: who holds which role on which collections.

use action::UserId;

use crate::{
    rules::{BUILT_IN_ROLES, Grants, Holding, Judge, RulesError, grants_on},
    store::{StoredAssignment, StoredRole},
};

/// Who may act on what.
#[derive(Debug)]
pub(crate) struct People {
    judge: Judge,
    /// The site's own roles.
    pub(crate) own_roles: Vec<StoredRole>,
    /// Who holds what.
    pub(crate) assignments: Vec<StoredAssignment>,
}

/// The role whose holders may grant roles.
const GRANTOR: &str = "Full Administrator";

impl People {
    /// Makes the rules of roles and assignments.
    pub(crate) fn new(
        own_roles: Vec<StoredRole>,
        assignments: Vec<StoredAssignment>,
    ) -> Result<Self, RulesError> {
        let judge = Judge::new(&all(&own_roles))?;
        Ok(Self { judge, own_roles, assignments })
    }

    /// Returns all roles, those that every site has first.
    pub(crate) fn roles(&self) -> Vec<StoredRole> {
        all(&self.own_roles)
    }

    /// Returns what a person holds.
    pub(crate) fn holdings(&self, person: UserId) -> Vec<Holding> {
        let held = self.assignments.iter().filter(|assignment| assignment.person == person);
        held.flat_map(|assignment| {
            let holding = |collection: &String| Holding {
                role: assignment.role.clone(),
                collection: collection.clone(),
            };
            assignment.collections.iter().map(holding)
        })
        .collect()
    }

    /// Decides where a person may run device actions.
    pub(crate) fn grants(&self, person: UserId, holdings: &[Holding]) -> Result<Grants, RulesError> {
        grants_on(&self.judge, &person.to_string(), holdings)
    }

    /// Returns somebody who can grant roles at this site.
    pub(crate) fn grantor(&self) -> String {
        let mut holders = self.assignments.iter().filter(|assignment| assignment.role == GRANTOR);
        holders.next().map_or_else(|| "the site's owner".to_owned(), |holder| holder.person_name.clone())
    }
}

fn all(own: &[StoredRole]) -> Vec<StoredRole> {
    let built_in = BUILT_IN_ROLES.iter().map(|role| StoredRole {
        name: role.name.to_owned(),
        permissions: role.permissions.iter().map(|&name| name.to_owned()).collect(),
    });
    built_in.chain(own.iter().cloned()).collect()
}
