//! Roles and assignments.

use action::{Timestamp, UserId};
use authority_link::{AssignmentEntry, OwnerAnswer, PersonEntry};

use super::{Desk, DeskError, name_problem, not_valid, record};
use crate::{
    rules::{BUILT_IN_ROLES, is_permission},
    site::People,
    store::{Store, StoredAssignment, StoredPerson, StoredRole},
};

/// The most roles of a site's own: each decision looks at each role's policy.
const MOST_ROLES: usize = 100;

/// The most assignments of a site: a person for each of them, and each decision looks for theirs.
const MOST_ASSIGNMENTS: usize = 10_000;

/// The most people that a site knows: as many as may hold roles.
pub(in crate::desk) const MOST_PEOPLE: usize = MOST_ASSIGNMENTS;

/// A role that is given to a person.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) collections: Vec<String>,
    pub(super) scopes: Vec<String>,
}

impl Desk {
    pub(super) async fn put_role(
        &mut self,
        name: String,
        permissions: Vec<String>,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        if BUILT_IN_ROLES.iter().any(|role| role.name == name) {
            return Ok(not_valid(format!("the role `{name}` is built in"), "choose another name"));
        }
        if permissions.is_empty() {
            return Ok(not_valid("a role has at least one permission", "see those of `tenon role list`"));
        }
        if let Some(wrong) = permissions.iter().find(|permission| !is_permission(permission)) {
            return Ok(not_valid(format!("`{wrong}` is no permission"), "see those of `tenon role list`"));
        }
        let is_new = self.site.people.own_roles.iter().all(|known| known.name != name);
        if is_new && self.site.people.own_roles.len() >= MOST_ROLES {
            let what = format!("the site has {MOST_ROLES} roles of its own already");
            return Ok(not_valid(what, "change one of them, or assign one that is built in"));
        }
        let role = StoredRole { name, permissions };
        let mut roles: Vec<_> =
            self.site.people.own_roles.iter().filter(|known| known.name != role.name).cloned().collect();
        roles.push(role.clone());
        // The rules first: what makes none is not stored.
        let judge = People::judge_of(&roles)?;
        let mut change = self.store.begin().await?;
        Store::put_role(&mut change, &role).await?;
        let generation = record(&mut change, now, "role put", &role.name).await?;
        change.commit().await?;
        self.site.people.set_roles(roles, judge);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) fn list_roles(&self) -> OwnerAnswer {
        let roles = self.site.people.roles().into_iter();
        OwnerAnswer::Roles { roles: roles.map(|role| (role.name, role.permissions)).collect() }
    }

    pub(super) async fn assign(&mut self, given: Given, now: Timestamp) -> Result<OwnerAnswer, DeskError> {
        let Given { user, name, role, collections, scopes } = given;
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        let scopes = match self.scope_names(scopes) {
            Ok(scopes) => scopes,
            Err(problem) => return Ok(problem),
        };
        if self.site.people.roles().iter().all(|known| known.name != role) {
            return Ok(not_valid(format!("the site has no role `{role}`"), "look it up: `tenon role list`"));
        }
        let collections = match self.collection_ids(&collections) {
            Ok(ids) if ids.is_empty() => {
                return Ok(not_valid(
                    "a role is held on at least one collection",
                    "name one: SMS00001 holds all devices",
                ));
            }
            Ok(ids) => ids,
            Err(problem) => return Ok(problem),
        };
        if self.site.people.assignment_count() >= MOST_ASSIGNMENTS {
            let what = format!("the site has {MOST_ASSIGNMENTS} assignments already");
            return Ok(not_valid(what, "take one away: `tenon role unassign`"));
        }
        let assignment = StoredAssignment { person: user, person_name: name, role, collections, scopes };
        let mut change = self.store.begin().await?;
        Store::put_assignment(&mut change, &assignment).await?;
        let discovered = self.site.people.discovered(user).map(str::to_owned);
        let person = StoredPerson { person: user, name: assignment.person_name.clone(), discovered };
        Store::put_person(&mut change, &person).await?;
        let mut subject = format!("{} ({user}): {}", assignment.person_name, assignment.role);
        if !assignment.scopes.is_empty() {
            subject = format!("{subject}, in the scopes {}", assignment.scopes.join(", "));
        }
        let generation = record(&mut change, now, "role assigned", &subject).await?;
        change.commit().await?;
        self.site.people.assign(assignment);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) async fn unassign(
        &mut self,
        user: UserId,
        role: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let mut change = self.store.begin().await?;
        if !Store::remove_assignment(&mut change, user, role).await? {
            let what = format!("{user} does not hold the role `{role}`");
            return Ok(not_valid(what, "look it up: `tenon role assignments`"));
        }
        let generation = record(&mut change, now, "role taken away", &format!("{user}: {role}")).await?;
        change.commit().await?;
        self.site.people.unassign(user, role);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) fn list_assignments(&self) -> OwnerAnswer {
        let assignments = self.site.people.assignments().into_iter().map(|assignment| AssignmentEntry {
            user: assignment.person,
            name: assignment.person_name.clone(),
            role: assignment.role.clone(),
            collections: assignment.collections.clone(),
            scopes: assignment.scopes.clone(),
        });
        OwnerAnswer::Assignments { assignments: assignments.collect() }
    }

    pub(super) async fn know_person(
        &mut self,
        user: UserId,
        name: String,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if let Some(problem) = name_problem(&name) {
            return Ok(problem);
        }
        if !self.site.people.knows(user) && self.site.people.known().count() >= MOST_PEOPLE {
            let what = format!("the site knows {MOST_PEOPLE} people already");
            return Ok(not_valid(what, "forget one: `tenon role forget`"));
        }
        let person = StoredPerson { person: user, name, discovered: None };
        let mut change = self.store.begin().await?;
        Store::put_person(&mut change, &person).await?;
        let subject = format!("{} ({user})", person.name);
        let generation = record(&mut change, now, "person made known", &subject).await?;
        change.commit().await?;
        self.site.people.know(person);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) async fn forget_person(
        &mut self,
        user: UserId,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        if !self.site.people.knows(user) {
            let what = format!("the site does not know {user}");
            return Ok(not_valid(what, "look them up: `tenon role people`"));
        }
        let mut change = self.store.begin().await?;
        Store::remove_person(&mut change, user).await?;
        let generation = record(&mut change, now, "person forgotten", &user.to_string()).await?;
        change.commit().await?;
        self.site.people.forget(user);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) fn list_people(&self) -> OwnerAnswer {
        let entry = |(user, name): (UserId, &str)| {
            let discovered = self.site.people.discovered(user).map(str::to_owned);
            PersonEntry { user, name: name.to_owned(), discovered }
        };
        OwnerAnswer::People { people: self.site.people.known().map(entry).collect() }
    }
}
