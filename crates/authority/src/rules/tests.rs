use std::collections::BTreeMap;

use action::ActionKind;

use super::{verdict::Holding, *};
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
    let judge = judge();
    let mut verdicts = verdicts(&judge, "Read-only Analyst on A, Operations Administrator on A", ACT);
    let rule = verdicts.on("A").expect("decided").expect("held").expect("allowed");
    assert_eq!(rule.on("A"), "role Operations Administrator on collection A");
    assert_eq!(verdicts.on("B").expect("decided"), None);
}

#[test]
fn the_first_permission_that_is_missing_is_named_with_the_role_that_lacks_it() {
    for (held, permission, role) in [
        ("", "Collection / Notify Resource", None),
        ("Read-only Analyst on A", "Collection / Notify Resource", Some("Read-only Analyst")),
        ("Notifier on A", "Collection / Read", Some("Notifier")),
    ] {
        let judge = judge();
        let missing = verdicts(&judge, held, ACT).missing().expect("decided");
        assert_eq!((missing.permission, missing.role.as_deref()), (permission, role), "{held}");
    }
}

#[test]
fn a_script_needs_a_permission_of_its_own() {
    let judge = judge();
    let mut script = verdicts(&judge, "Notifier on A, Read-only Analyst on A", ActionKind(15));
    let missing = script.on("A").expect("decided").expect("held").expect_err("no script");
    assert_eq!(missing.permission, "Collection / Run Script");
}

#[test]
fn the_same_roles_on_many_collections_are_asked_about_once() {
    let judge = judge();
    let held: Vec<_> = (0..500).map(|number| format!("Operations Administrator on C{number:03}")).collect();
    let held = held.join(", ");
    let mut verdicts = verdicts(&judge, &held, ACT);
    assert_eq!(verdicts.allowed().expect("decided").len(), 500);
    assert_eq!(verdicts.decided(), 1);
}

#[test]
fn a_role_that_is_limited_to_a_scope_counts_where_the_collection_carries_it() {
    const READER: &str = "Read-only Analyst";
    for (held, carried, expected) in [
        ("Operations Administrator on A in Shops", "Shops", Some(None)),
        ("Operations Administrator on A in Shops", "Default, Shops", Some(None)),
        ("Operations Administrator on A in Shops", "Default", None),
        ("Operations Administrator on A", "Default", Some(None)),
        ("Operations Administrator on A in Shops, Read-only Analyst on A", "Default", Some(Some(READER))),
        ("Notifier on A in Shops, Read-only Analyst on A in Offices", "Offices, Shops", Some(None)),
        ("Notifier on A in Shops, Read-only Analyst on A in Offices", "Offices", Some(Some(READER))),
    ] {
        let judge = judge();
        let mut verdicts = verdicts_in(&judge, held, carried, ACT);
        let told = verdicts.on("A").expect("decided").map(|told| told.err().map(|missing| missing.role));
        let expected = expected.map(|role: Option<&str>| role.map(|role| Some(role.to_owned())));
        assert_eq!(told, expected, "{held}; {carried}");
        assert_eq!(verdicts.out_of_scope(), if expected.is_none() { vec!["A"] } else { Vec::new() });
    }
    let judge = judge();
    let mut verdicts = verdicts_in(&judge, "Operations Administrator on A in Shops", "Shops", ACT);
    let rule = verdicts.on("A").expect("decided").expect("held").expect("allowed");
    assert_eq!(rule.on("A"), "role Operations Administrator on collection A of the scope Shops");
}

#[test]
fn a_name_cannot_become_part_of_a_rule() {
    let evil = "x\" || true || \"";
    let roles = [StoredRole { name: evil.into(), permissions: vec!["Collection / Read".into()] }];
    let judge = Judge::new(&roles).expect("a name is only a name");
    let roles = |role: &str, scope: &str, carried: &[&str]| {
        let held = [Holding { role: role.into(), collection: "A".into(), scope: scope.into() }];
        judge.roles_that_allow("ann", &held, "Collection / Read", "A", carried).expect("decided")
    };
    assert!(roles("x", ALL_SCOPES, &[evil]).is_empty());
    assert_eq!(roles(evil, ALL_SCOPES, &[]), [evil]);
    assert_eq!(roles(evil, evil, &[evil]), [evil]);
    assert!(roles(evil, evil, &["x"]).is_empty(), "the judge itself looks at the scopes");
}

#[test]
fn what_is_no_permission_is_refused_by_the_schema() {
    let roles = [StoredRole { name: "x".into(), permissions: vec!["Collection / Anything".into()] }];
    assert!(Judge::new(&roles).is_err());
    assert!(!is_permission("Collection / Anything"));
}

const ACT: ActionKind = ActionKind::MACHINE_POLICY;

/// Checks on which collections a person with these roles may act.
#[track_caller]
fn check(held: &str, expected: &[&str]) {
    let judge = judge();
    assert_eq!(verdicts(&judge, held, ACT).allowed().expect("decided"), expected, "{held}");
}

fn verdicts<'a>(judge: &'a Judge, text: &'a str, kind: ActionKind) -> Verdicts<'a> {
    verdicts_in(judge, text, DEFAULT_SCOPE, kind)
}

/// Reads what is held, as in `Notifier on A in Shops`, on collections that all carry these scopes.
fn verdicts_in<'a>(judge: &'a Judge, text: &'a str, carried: &'a str, kind: ActionKind) -> Verdicts<'a> {
    let mut held: BTreeMap<&str, Held<'_>> = BTreeMap::new();
    for (role, place) in text.split(", ").filter_map(|part| part.split_once(" on ")) {
        let (collection, scope) = place.split_once(" in ").unwrap_or((place, ALL_SCOPES));
        let held = held.entry(collection).or_default();
        held.roles.insert((role, scope));
        held.scopes = carried.split(", ").collect();
    }
    Verdicts::new(judge, "ann", held, needed_for(kind))
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
