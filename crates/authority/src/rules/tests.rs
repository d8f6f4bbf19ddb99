use action::Reason;

use super::*;
use crate::store::StoredRole;

#[test]
fn a_role_allows_on_its_collections_and_nowhere_else() {
    check("Operations Administrator on A", &["A"]);
    check("Full Administrator on A, Operations Administrator on B", &["A", "B"]);
    check("Read-only Analyst on A", &[]);
    check("Read-only Analyst on A, Operations Administrator on B", &["B"]);
    check("", &[]);
}

#[test]
fn permissions_of_two_roles_on_one_collection_add_up() {
    check("Notifier on A, Read-only Analyst on A", &["A"]);
    check("Notifier on A, Read-only Analyst on B", &[]);
}

#[test]
fn the_rule_names_role_and_collection() {
    let holdings = holdings("Operations Administrator on A");
    let grants = grants_on(&judge(), "ann", &holdings).expect("decided");
    assert_eq!(grants.collections, [("A".into(), "role Operations Administrator on collection A".into())]);
}

#[test]
fn each_lack_has_its_own_reason() {
    let why = |text: &str| {
        let holdings = holdings(text);
        why_not(&holdings, &grants_on(&judge(), "ann", &holdings).expect("decided"), "Bea".into())
    };
    assert_eq!(why(""), Reason::UserUnknownToSite { grantor: Some("Bea".into()) });
    assert_eq!(
        why("Read-only Analyst on A"),
        Reason::RoleLacksPermission {
            permission: "Collection / Notify Resource".into(),
            role: Some("Read-only Analyst".into()),
            grantor: Some("Bea".into()),
        }
    );
    assert_eq!(
        why("Notifier on A"),
        Reason::RoleLacksPermission {
            permission: "Collection / Read".into(),
            role: Some("Notifier".into()),
            grantor: Some("Bea".into()),
        }
    );
    assert_eq!(
        why("Operations Administrator on A"),
        Reason::DeviceOutsideCollections { collections: vec!["A".into()], grantor: Some("Bea".into()) }
    );
}

#[test]
fn a_name_cannot_become_part_of_a_rule() {
    let evil = "x\" || true || \"";
    let roles = [StoredRole { name: evil.into(), permissions: vec!["Collection / Read".into()] }];
    let judge = Judge::new(&roles).expect("a name is only a name");
    let other = [Holding { role: "x".into(), collection: "A".into() }];
    assert!(judge.roles_that_allow("ann", &other, "Collection / Read", "A").expect("decided").is_empty());
    let held = [Holding { role: evil.into(), collection: "A".into() }];
    assert_eq!(judge.roles_that_allow("ann", &held, "Collection / Read", "A").expect("decided"), [evil]);
}

#[test]
fn what_is_no_permission_is_refused_by_the_schema() {
    let roles = [StoredRole { name: "x".into(), permissions: vec!["Collection / Anything".into()] }];
    assert!(Judge::new(&roles).is_err());
    assert!(!is_permission("Collection / Anything"));
}

/// Checks on which collections a person with these roles may act.
#[track_caller]
fn check(held: &str, expected: &[&str]) {
    let grants = grants_on(&judge(), "ann", &holdings(held)).expect("decided");
    let collections: Vec<_> = grants.collections.iter().map(|(collection, _)| collection.as_str()).collect();
    assert_eq!(collections, expected, "{held}");
}

fn holdings(text: &str) -> Vec<Holding> {
    text.split(", ")
        .filter_map(|part| part.split_once(" on "))
        .map(|(role, collection)| Holding { role: role.into(), collection: collection.into() })
        .collect()
}

fn judge() -> Judge {
    let mut roles: Vec<_> = BUILT_IN_ROLES
        .iter()
        .map(|role| StoredRole {
            name: role.name.into(),
            permissions: role.permissions.iter().map(|&name| name.into()).collect(),
        })
        .collect();
    roles.push(StoredRole {
        name: "Notifier".into(),
        permissions: vec!["Collection / Notify Resource".into()],
    });
    Judge::new(&roles).expect("valid roles")
}
