use action::{EnrolmentId, ResourceId, Timestamp};
use authority_link::Facts;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

#[test]
fn rules_of_each_kind_decide_together() {
    let devices = ["shop-1", "shop-2", "office-1"];
    check(&devices, "A: query shop", "A", &["shop-1", "shop-2"]);
    check(&devices, "A: direct 3", "A", &["office-1"]);
    check(&devices, "A: query shop; B: include A, direct 3", "B", &["shop-1", "shop-2", "office-1"]);
    check(&devices, "A: query shop; B: include A, exclude C; C: direct 1", "B", &["shop-2"]);
    check(&devices, "A: query shop; B: query 1, limit A", "B", &["shop-1"]);
    check(&devices, "B: include all, exclude A; A: query shop", "B", &["office-1"]);
    check(&devices, "A: query shop, exclude A1; A1: direct 2; B: limit A, include all", "B", &["shop-1"]);
}

#[test]
fn a_collection_cannot_build_on_itself() {
    let devices = devices(&["shop-1"]);
    let collections = Collections::load(stored("A: query shop; B: include A; C: limit B"), devices.iter());
    for (rules, circle) in [
        ("A: include C", Some("C")),
        ("A: exclude B", Some("B")),
        ("A: include A", Some("A")),
        ("C: include A", None),
        ("D: include C, limit A", None),
    ] {
        let changed = stored(rules).remove(0);
        assert_eq!(collections.circle(&changed), circle, "{rules}");
    }
}

#[test]
fn a_role_covers_what_is_limited_to_its_collection() {
    let collections = Collections::load(stored("A: query x; B: limit A; C: limit B"), [].iter());
    assert_eq!(collections.within("C"), ["C", "B", "A", Targets::ALL_DEVICES]);
    assert_eq!(collections.within("A"), ["A", Targets::ALL_DEVICES]);
    assert_eq!(collections.within(Targets::ALL_DEVICES), [Targets::ALL_DEVICES]);
}

#[test]
fn what_a_change_costs_is_in_proportion_to_the_change() {
    let names: Vec<String> = (0..1_000).map(|number| format!("shop-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut devices = devices(&names);
    let rules = "A: query shop; B: include A; C: query office; D: exclude B, include all";
    let mut collections = Collections::load(stored(rules), devices.iter());
    let before = collections.looks();
    for device in devices.iter_mut().take(10) {
        device.facts.name = device.facts.name.replace("shop", "office");
        assert!(collections.look_at(device));
    }
    assert_eq!(collections.looks() - before, 10 * 4, "ten devices, four collections");
    assert_eq!(collections.get("C").expect("there").members.len(), 10);
    assert_eq!(collections.get("D").expect("there").members.len(), 10);

    let before = collections.looks();
    collections.put(stored("C: query shop").remove(0), devices.iter());
    assert_eq!(collections.looks() - before, 1_000, "nothing builds on C");
    assert_eq!(collections.get("C").expect("there").members.len(), 990);
    assert_eq!(collections.get("B").expect("there").members.len(), 990, "the others stay as they are");
}

#[test]
fn a_revoked_device_is_in_no_collection() {
    let mut devices = devices(&["shop-1"]);
    let mut collections =
        Collections::load(stored("A: query shop, direct 1; B: include all"), devices.iter());
    devices[0].revoked = true;
    assert!(collections.look_at(&devices[0]));
    assert!(collections.values().all(|collection| collection.members.is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn device_by_device_gives_what_all_at_once_gives(
        names in prop::collection::vec("(shop|office)-[12]", 1..12),
        changes in prop::collection::vec((0usize..12, "(shop|office|home)-[12]"), 0..20),
    ) {
        let rules = "A: query shop; B: include A, direct 2; C: exclude B, include all; D: limit C, query office";
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut devices = devices(&names);
        let mut collections = Collections::load(stored(rules), devices.iter());
        for (at, name) in changes {
            let at = at % devices.len();
            devices[at].facts.name = name;
            collections.look_at(&devices[at]);
        }
        let fresh = Collections::load(stored(rules), devices.iter());
        for (kept, fresh) in collections.values().zip(fresh.values()) {
            prop_assert_eq!(&kept.members, &fresh.members);
        }
    }
}

/// Checks the names of the devices in `collection`.
#[track_caller]
fn check(names: &[&str], rules: &str, collection: &str, expected: &[&str]) {
    let devices = devices(names);
    let collections = Collections::load(stored(rules), devices.iter());
    let members = &collections.get(collection).expect("there").members;
    let named: Vec<_> = members
        .iter()
        .filter_map(|member| devices.iter().find(|device| device.device == *member))
        .map(|device| device.facts.name.as_str())
        .collect();
    assert_eq!(named, expected, "{collection} of {rules}");
}

fn devices(names: &[&str]) -> Vec<StoredDevice> {
    let device = |(number, name): (u64, &&str)| StoredDevice {
        device: DeviceId(Uuid::from_u128(number.into())),
        enrolment: EnrolmentId(Uuid::from_u128(number.into())),
        resource: ResourceId(number),
        key_sha256: String::new(),
        serial: String::new(),
        facts: Facts { name: (*name).to_owned(), ..Facts::default() },
        revoked: false,
        standing: authority_link::Standing::Active,
        changed: 0,
        enrolled_at: Timestamp(0),
    };
    (1..).zip(names).map(device).collect()
}

/// Reads collections: `A: query shop, direct 1, include B, exclude C, limit D; …`.
fn stored(text: &str) -> Vec<StoredCollection> {
    let id = |word: &str| if word == "all" { Targets::ALL_DEVICES.to_owned() } else { word.to_owned() };
    text.split("; ")
        .filter_map(|collection| collection.split_once(": "))
        .map(|(name, rules)| {
            let mut stored = StoredCollection {
                id: name.into(),
                name: name.into(),
                query: None,
                members: Vec::new(),
                include: Vec::new(),
                exclude: Vec::new(),
                limited_to: None,
                version: 1,
                scopes: Vec::new(),
            };
            for (rule, value) in rules.split(", ").filter_map(|rule| rule.split_once(' ')) {
                match rule {
                    "query" => stored.query = Some(format!("name contains \"{value}\"")),
                    "direct" => {
                        let number = value.parse().expect("a number");
                        stored.members.push(DeviceId(Uuid::from_u128(number)));
                    }
                    "include" => stored.include.push(id(value)),
                    "exclude" => stored.exclude.push(id(value)),
                    "limit" => stored.limited_to = Some(id(value)),
                    other => panic!("no rule: {other}"),
                }
            }
            stored
        })
        .collect()
}
