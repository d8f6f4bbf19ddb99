//! What a caller may do, and where: their own role, what is assigned to them and to their groups, and for an API token
//! no more than it was made for.

use action::SiteId;
use console_api::{Grant, Role};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::permission::Permission;

/// A part of the tenant. Nothing named is the whole of it; sites and groups both named is what is in both.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Place {
    #[serde(default)]
    pub(crate) sites: Vec<SiteId>,
    #[serde(default)]
    pub(crate) groups: Vec<Uuid>,
}

impl Place {
    /// Returns whether it is the whole tenant.
    pub(crate) fn is_everywhere(&self) -> bool {
        self.sites.is_empty() && self.groups.is_empty()
    }
}

/// A role that a person holds in a place.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) role: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) place: Place,
}

/// What an API token was made for.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Limit {
    /// Names of permissions; all of its person where absent.
    #[serde(default)]
    pub(crate) permissions: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) place: Place,
}

impl Limit {
    /// Returns whether the token may do whatever its person may.
    pub(crate) fn is_none(&self) -> bool {
        self.permissions.is_none() && self.place.is_everywhere()
    }
}

/// What a caller may do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rights {
    held: Vec<Held>,
    limited: bool,
    /// Each permission with the places that must all be true.
    effective: Vec<(Permission, Vec<Place>)>,
}

impl Rights {
    /// Works out what is left of what a person holds.
    pub(crate) fn new(role: Role, operator: bool, mut held: Vec<Held>, limit: Option<&Limit>) -> Self {
        let own = Permission::of_role(role, operator);
        held.insert(0, Held { role: role.name().to_owned(), permissions: own, place: Place::default() });
        held.retain(|held| !held.permissions.is_empty());
        let limit = limit.filter(|limit| !limit.is_none());
        let mut effective = Vec::new();
        for one in &held {
            for permission in &one.permissions {
                match limit {
                    None => effective.push((*permission, vec![one.place.clone()])),
                    Some(limit) => {
                        for permission in meet(*permission, limit) {
                            effective.push((permission, vec![one.place.clone(), limit.place.clone()]));
                        }
                    }
                }
            }
        }
        Self { held, limited: limit.is_some(), effective }
    }

    /// Returns whether the caller is an API token that may not do all that its person may.
    pub(crate) fn are_limited(&self) -> bool {
        self.limited
    }

    /// Returns the places in which the caller may do it: in each of the outer list, where all of the inner list hold.
    pub(crate) fn places(&self, permission: Permission) -> Vec<&[Place]> {
        let covering = self.effective.iter().filter(|(held, _)| held.covers(permission));
        covering.map(|(_, places)| &**places).collect()
    }

    /// Returns whether the caller may do it in the whole tenant.
    pub(crate) fn everywhere(&self, permission: Permission) -> bool {
        self.places(permission).iter().any(|places| places.iter().all(Place::is_everywhere))
    }

    /// Returns whether the caller may do it, or a part of it, somewhere.
    pub(crate) fn somewhere(&self, permission: Permission) -> bool {
        self.effective.iter().any(|(held, _)| held.covers(permission) || permission.includes(*held))
    }

    /// Returns whether nothing was given or taken away.
    pub(crate) fn are_the_same(&self, other: &Rights) -> bool {
        self.effective == other.effective
    }

    /// Returns by which role the caller may do it, for the audit.
    pub(crate) fn rule(&self, permission: Permission) -> String {
        let gives = |held: &Permission| held.covers(permission) || permission.includes(*held);
        let held = self.held.iter().find(|held| held.permissions.iter().any(gives));
        held.map_or_else(String::new, |held| format!("{} by the role {}", permission.name(), held.role))
    }

    /// Returns the names of all that the caller may do somewhere.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (permission, _) in &self.effective {
            let name = permission.name();
            if !names.iter().any(|known| *known == name) {
                names.push(name.into_owned());
            }
        }
        names
    }

    /// Returns what the person holds, for people.
    pub(crate) fn grants(&self) -> Vec<Grant> {
        let shown = |held: &Held| Grant {
            role: held.role.clone(),
            permissions: held.permissions.iter().map(|permission| permission.name().into_owned()).collect(),
            sites: held.place.sites.clone(),
            device_groups: held.place.groups.clone(),
        };
        self.held.iter().map(shown).collect()
    }
}

/// Returns what a permission and a token's limit have in common.
fn meet(held: Permission, limit: &Limit) -> Vec<Permission> {
    let Some(names) = &limit.permissions else { return vec![held] };
    let allowed = names.iter().filter_map(|name| Permission::named(name));
    allowed
        .filter_map(|allowed| match () {
            () if allowed.covers(held) => Some(held),
            () if held.covers(allowed) => Some(allowed),
            () => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use action::ActionKind;

    use super::*;

    const PROBE: Permission = Permission::Initiate(ActionKind::PROBE);
    const POLICY: Permission = Permission::Initiate(ActionKind::MACHINE_POLICY);

    #[test]
    fn a_token_may_do_what_it_was_made_for_and_its_person_may() {
        let limit = Limit {
            permissions: Some(vec![PROBE.name().into_owned(), Permission::ManageUsers.name().into_owned()]),
            place: Place { sites: vec![SiteId(Uuid::from_u128(1))], groups: Vec::new() },
        };
        let desk = Rights::new(Role::HelpDeskOperator, false, Vec::new(), Some(&limit));
        assert!(desk.somewhere(PROBE) && desk.somewhere(Permission::InitiateAction));
        assert!(!desk.everywhere(PROBE), "at its site only");
        assert!(!desk.somewhere(POLICY), "not what it was made for");
        assert!(!desk.somewhere(Permission::ManageUsers), "not what its person may");
        assert!(!desk.somewhere(Permission::ReadDevices));
        let free = Rights::new(Role::HelpDeskOperator, false, Vec::new(), Some(&Limit::default()));
        assert!(free.everywhere(POLICY) && !free.are_limited());
    }

    #[test]
    fn a_role_in_a_place_is_not_one_everywhere() {
        let place = Place { sites: Vec::new(), groups: vec![Uuid::from_u128(7)] };
        let held = Held { role: "Shops".into(), permissions: vec![Permission::ReadDevices, PROBE], place };
        let rights = Rights::new(Role::None, false, vec![held], None);
        assert!(rights.somewhere(Permission::ReadDevices) && !rights.everywhere(Permission::ReadDevices));
        assert_eq!(rights.places(PROBE).len(), 1);
        assert!(rights.places(Permission::InitiateAction).is_empty(), "one kind is not all kinds");
        assert_eq!(rights.names(), [&*Permission::ReadDevices.name(), &*PROBE.name()]);
        assert_eq!(rights.grants().len(), 1, "the role None is not shown");
    }
}
