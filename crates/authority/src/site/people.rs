//! People: whom the site knows, and who holds which role on which collections.

use std::collections::BTreeMap;

use action::{ActionKind, UserId};

use super::Collections;
use crate::{
    rules::{ALL_SCOPES, BUILT_IN_ROLES, Held, Judge, RulesError, Verdicts, needed_for, needed_for_reading},
    store::{StoredAssignment, StoredPerson, StoredRole},
};

/// Who may act on what.
#[derive(Debug)]
pub(crate) struct People {
    judge: Judge,
    /// The site's own roles.
    pub(crate) own_roles: Vec<StoredRole>,
    /// What each person holds.
    held: BTreeMap<UserId, Vec<StoredAssignment>>,
    /// Whom the site knows, by id.
    known: BTreeMap<UserId, Known>,
}

/// A person whom the site knows.
#[derive(Debug)]
struct Known {
    name: String,
    /// The issuer by whose sign-in the site discovered them.
    discovered: Option<String>,
}

/// The role whose holders may grant roles.
const GRANTOR: &str = "Full Administrator";

/// Who grants where nobody holds that role.
const OWNER: &str = "the site's owner";

impl People {
    /// Makes the rules of roles and assignments.
    pub(crate) fn new(
        own_roles: Vec<StoredRole>,
        assignments: Vec<StoredAssignment>,
        people: Vec<StoredPerson>,
    ) -> Result<Self, RulesError> {
        let judge = Judge::new(&all(&own_roles))?;
        let mut known = Self { judge, own_roles, held: BTreeMap::new(), known: BTreeMap::new() };
        people.into_iter().for_each(|person| known.know(person));
        let mut people = known;
        for assignment in assignments {
            people.assign(assignment);
        }
        Ok(people)
    }

    /// Takes over changed roles of the site's own.
    pub(crate) fn set_roles(&mut self, own_roles: Vec<StoredRole>, judge: Judge) {
        self.own_roles = own_roles;
        self.judge = judge;
    }

    /// Makes the rules that there would be with these roles of the site's own.
    pub(crate) fn judge_of(own_roles: &[StoredRole]) -> Result<Judge, RulesError> {
        Judge::new(&all(own_roles))
    }

    /// Gives a person a role; they are known from then on.
    pub(crate) fn assign(&mut self, assignment: StoredAssignment) {
        let discovered = self.discovered(assignment.person).map(str::to_owned);
        self.known.insert(assignment.person, Known { name: assignment.person_name.clone(), discovered });
        let held = self.held.entry(assignment.person).or_default();
        held.retain(|known| known.role != assignment.role);
        held.push(assignment);
    }

    /// Takes a role away.
    pub(crate) fn unassign(&mut self, person: UserId, role: &str) {
        if let Some(held) = self.held.get_mut(&person) {
            held.retain(|known| known.role != role);
        }
    }

    /// Makes a person known.
    pub(crate) fn know(&mut self, person: StoredPerson) {
        let StoredPerson { person, name, discovered } = person;
        self.known.insert(person, Known { name, discovered });
    }

    /// Forgets a person and what they hold.
    pub(crate) fn forget(&mut self, person: UserId) {
        self.known.remove(&person);
        self.held.remove(&person);
    }

    /// Returns all roles, those that every site has first.
    pub(crate) fn roles(&self) -> Vec<StoredRole> {
        all(&self.own_roles)
    }

    /// Returns who holds what, by name.
    pub(crate) fn assignments(&self) -> Vec<&StoredAssignment> {
        let mut all: Vec<_> = self.held.values().flatten().collect();
        all.sort_by(|a, b| (&a.person_name, &a.role).cmp(&(&b.person_name, &b.role)));
        all
    }

    /// Returns how many assignments there are.
    pub(crate) fn assignment_count(&self) -> usize {
        self.held.values().map(Vec::len).sum()
    }

    /// Returns whom the site knows.
    pub(crate) fn known(&self) -> impl Iterator<Item = (UserId, &str)> {
        self.known.iter().map(|(person, known)| (*person, known.name.as_str()))
    }

    /// Returns whether the site knows a person.
    pub(crate) fn knows(&self, person: UserId) -> bool {
        self.known.contains_key(&person)
    }

    /// Returns the name of a person whom the site knows.
    pub(crate) fn name(&self, person: UserId) -> Option<&str> {
        self.known.get(&person).map(|known| known.name.as_str())
    }

    /// Returns the issuer by whose sign-in the site discovered a person.
    pub(crate) fn discovered(&self, person: UserId) -> Option<&str> {
        self.known.get(&person)?.discovered.as_deref()
    }

    /// Begins decisions on whether a person may have devices do something of this kind.
    pub(crate) fn verdicts<'a>(
        &'a self,
        person: UserId,
        kind: ActionKind,
        collections: &'a Collections,
    ) -> Verdicts<'a> {
        Verdicts::new(&self.judge, &person.to_string(), self.held(person, collections), needed_for(kind))
    }

    /// Begins decisions on whether a person may read what the site knows of devices.
    pub(crate) fn readings<'a>(&'a self, person: UserId, collections: &'a Collections) -> Verdicts<'a> {
        let held = self.held(person, collections);
        Verdicts::new(&self.judge, &person.to_string(), held, needed_for_reading())
    }

    /// Returns what a person holds on which collections: those that their assignments name, and those within them that carry
    /// a scope to which an assignment is limited.
    fn held<'a>(&'a self, person: UserId, collections: &'a Collections) -> BTreeMap<&'a str, Held<'a>> {
        let mut held: BTreeMap<&str, Held<'_>> = BTreeMap::new();
        for assignment in self.held.get(&person).into_iter().flatten() {
            let StoredAssignment { role, collections: named, scopes, .. } = assignment;
            for collection in named {
                let roles = &mut held.entry(collection).or_default().roles;
                roles.extend(scopes.iter().map(|scope| (role.as_str(), scope.as_str())));
                if scopes.is_empty() {
                    roles.insert((role, ALL_SCOPES));
                }
            }
            for scope in scopes {
                for inner in collections.carrying(scope) {
                    if collections.within(inner).iter().any(|outer| named.iter().any(|id| id == outer)) {
                        held.entry(inner).or_default().roles.insert((role, scope));
                    }
                }
            }
        }
        for (collection, held) in &mut held {
            held.scopes = collections.scopes_of(collection);
        }
        held
    }

    /// Returns somebody who can grant roles at this site.
    pub(crate) fn grantor(&self) -> String {
        let mut holders = self.held.values().flatten().filter(|assignment| assignment.role == GRANTOR);
        holders.next().map_or_else(|| OWNER.to_owned(), |holder| holder.person_name.clone())
    }
}

fn all(own: &[StoredRole]) -> Vec<StoredRole> {
    let built_in = BUILT_IN_ROLES.iter().map(|role| StoredRole {
        name: role.name.to_owned(),
        permissions: role.permissions.iter().map(|&name| name.to_owned()).collect(),
    });
    built_in.chain(own.iter().cloned()).collect()
}
