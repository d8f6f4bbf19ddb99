//! What the store keeps, on each of the three databases.

use action::{
    ActionKind, Audited, Clocks, DeviceId, EnrolmentId, OfflinePolicy, Reason, ResourceId, TaskGuid,
    Timestamp, UserId,
};
use action::{Targets, TaskId};
use authority_link::{Allowed, Decision, Facts};
use uuid::Uuid;

use super::*;

/// Runs a test on an empty store in each database.
async fn on_each<F: Future<Output = ()>>(test: impl Fn(Store, &'static str) -> F) {
    for database in testkit::databases().await {
        let store = Store::open(database.db.clone()).await.expect(database.name);
        test(store, database.name).await;
    }
}

/// Makes a change and commits it.
macro_rules! change {
    ($store:expr, $function:ident($($argument:expr),*)) => {{
        let mut change = $store.begin().await.expect("begun");
        let outcome = Store::$function(&mut change, $($argument),*).await.expect("changed");
        change.commit().await.expect("committed");
        outcome
    }};
}

fn device(number: u128) -> StoredDevice {
    StoredDevice {
        device: DeviceId(Uuid::from_u128(number)),
        enrolment: EnrolmentId(Uuid::from_u128(1000 + number)),
        resource: ResourceId(16_777_216 + u64::try_from(number).expect("small")),
        key_sha256: format!("{number:064x}"),
        serial: "0a".into(),
        facts: Facts { name: format!("shop-{number}"), ..Facts::default() },
        revoked: false,
        standing: authority_link::Standing::Active,
        changed: 0,
        enrolled_at: Timestamp(5),
    }
}

#[tokio::test]
async fn devices_are_kept_and_changed() {
    on_each(|store, name| async move {
        change!(store, put_device(&device(1)));
        change!(store, put_device(&device(2)));
        let renewed = StoredDevice { serial: "0b".into(), revoked: true, changed: 3, ..device(1) };
        change!(store, put_device(&renewed));
        let mut devices = store.devices().await.expect(name);
        devices.sort_by_key(|device| device.device);
        assert_eq!(devices, [renewed, device(2)], "{name}");
    })
    .await;
}

#[tokio::test]
async fn facts_are_changed_of_devices_that_are_there() {
    on_each(|store, name| async move {
        for number in 1..=3 {
            change!(store, put_device(&device(number)));
        }
        let told = |number| {
            let facts =
                Facts { name: "it's \"quoted\" \\ é".into(), os: "Debian".into(), ..Facts::default() };
            (DeviceId(Uuid::from_u128(number)), facts)
        };
        change!(store, put_facts(&[told(2), told(3), told(9)]));
        let mut devices = store.devices().await.expect(name);
        devices.sort_by_key(|device| device.device);
        let expected = [
            device(1),
            StoredDevice { facts: told(2).1, ..device(2) },
            StoredDevice { facts: told(3).1, ..device(3) },
        ];
        assert_eq!(devices, expected, "{name}");
    })
    .await;
}

#[tokio::test]
async fn collections_are_kept_with_their_members() {
    on_each(|store, name| async move {
        let members: Vec<_> = (1..=3).map(|number| DeviceId(Uuid::from_u128(number))).collect();
        let shops = StoredCollection {
            id: "TEN00001".into(),
            name: "Shops".into(),
            query: None,
            members: members.clone(),
            include: vec!["TEN00002".into()],
            exclude: vec!["TEN00003".into()],
            limited_to: Some("TEN00004".into()),
            version: 1,
            scopes: vec!["Retail".into()],
        };
        change!(store, put_collection(&shops));
        assert_eq!(store.collections().await.expect(name), std::slice::from_ref(&shops), "{name}");
        let changed = StoredCollection {
            query: Some("name contains \"shop\"".into()),
            members: members[..1].to_vec(),
            version: 2,
            ..shops
        };
        change!(store, put_collection(&changed));
        change!(store, add_members("TEN00001", &members[..2]));
        change!(store, add_members("TEN00001", &[]));
        let expected = StoredCollection { members: members[..2].to_vec(), ..changed };
        assert_eq!(store.collections().await.expect(name), [expected], "{name}");
        change!(store, remove_collection("TEN00001"));
        assert_eq!(store.collections().await.expect(name), [], "{name}");
    })
    .await;
}

#[tokio::test]
async fn two_collections_cannot_have_one_name() {
    on_each(|store, name| async move {
        let shops = |id: &str| StoredCollection {
            id: id.into(),
            name: "Shops".into(),
            query: None,
            members: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            limited_to: None,
            version: 1,
            scopes: Vec::new(),
        };
        change!(store, put_collection(&shops("TEN00001")));
        let mut change = store.begin().await.expect("begun");
        let error = Store::put_collection(&mut change, &shops("TEN00002")).await.expect_err(name);
        assert!(error.is_constraint(), "{name}: {error}");
    })
    .await;
}

#[tokio::test]
async fn roles_and_assignments_are_kept() {
    on_each(|store, name| async move {
        let role = |permissions: &[&str]| StoredRole {
            name: "r".into(),
            permissions: permissions.iter().map(|&name| name.into()).collect(),
        };
        change!(store, put_role(&role(&["Collection / Read"])));
        change!(store, put_role(&role(&["Policy / Read"])));
        assert_eq!(store.roles().await.expect(name), [role(&["Policy / Read"])], "{name}");

        let ann = UserId(Uuid::from_u128(7));
        let held = |collections: &[&str]| StoredAssignment {
            person: ann,
            person_name: "ann".into(),
            role: "r".into(),
            collections: collections.iter().map(|&name| name.into()).collect(),
            scopes: collections.iter().map(|&name| format!("of {name}")).collect(),
        };
        change!(store, put_assignment(&held(&["A"])));
        change!(store, put_assignment(&held(&["A", "B"])));
        assert_eq!(store.assignments().await.expect(name), [held(&["A", "B"])], "{name}");
        assert!(change!(store, remove_assignment(ann, "r")), "{name}");
        assert!(!change!(store, remove_assignment(ann, "r")), "{name}");
    })
    .await;
}

#[tokio::test]
async fn scopes_are_kept_with_what_carries_them() {
    on_each(|store, name| async move {
        let scope = |name: &str, description: &str| (name.to_owned(), description.to_owned());
        change!(store, put_scope("Retail", "shops"));
        change!(store, put_scope("Retail", "all shops"));
        change!(store, put_scope("Offices", ""));
        let kept = [scope("Offices", ""), scope("Retail", "all shops")];
        assert_eq!(store.scopes().await.expect(name), kept, "{name}");
        let shops = StoredCollection {
            id: "TEN00001".into(),
            name: "Shops".into(),
            query: None,
            members: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            limited_to: None,
            version: 1,
            scopes: Vec::new(),
        };
        change!(store, put_collection(&shops));
        change!(store, carry_scopes("TEN00001", &["Retail".to_owned()]));
        let carrying = StoredCollection { scopes: vec!["Retail".into()], ..shops };
        assert_eq!(store.collections().await.expect(name), [carrying], "{name}");
        assert!(change!(store, remove_scope("Offices")), "{name}");
        assert!(!change!(store, remove_scope("Offices")), "{name}");
    })
    .await;
}

#[tokio::test]
async fn people_are_kept_with_who_discovered_them() {
    on_each(|store, name| async move {
        let bo = StoredPerson {
            person: UserId(Uuid::from_u128(7)),
            name: "bo".into(),
            discovered: Some("https://id.example".into()),
        };
        change!(store, put_person(&bo));
        assert_eq!(store.people().await.expect(name), std::slice::from_ref(&bo), "{name}");
        let known = StoredPerson { discovered: None, ..bo };
        change!(store, put_person(&known));
        assert_eq!(store.people().await.expect(name), [known], "{name}");
    })
    .await;
}

#[tokio::test]
async fn policies_and_documents_are_kept() {
    on_each(|store, name| async move {
        let policy = |version, removed| StoredPolicy {
            id: "POL00001".into(),
            name: "motd".into(),
            version,
            sha256: "ab".into(),
            collections: vec!["SMS00001".into()],
            users: vec!["anna".into()],
            priority: 7,
            removed,
        };
        change!(store, put_document("ab", "{}"));
        change!(store, put_document("ab", "another text under the hash"));
        change!(store, put_policy(&policy(1, false), Timestamp(5), "put"));
        change!(store, put_policy(&policy(2, true), Timestamp(6), "removed"));
        assert_eq!(store.policies().await.expect(name), [policy(2, true)], "{name}");
        assert_eq!(store.documents_in_force().await.expect(name), [], "{name}");
        let versions = store.policy_versions("POL00001").await.expect(name);
        let versions: Vec<_> = versions.into_iter().map(|v| (v.policy, v.at.0, v.what)).collect();
        let expected = [(policy(2, true), 6, "removed".to_owned()), (policy(1, false), 5, "put".to_owned())];
        assert_eq!(versions, expected, "{name}");
        assert_eq!(store.document("ab").await.expect(name).as_deref(), Some("{}"), "{name}");
        assert_eq!(store.document("cd").await.expect(name), None, "{name}");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_used_as_often_as_it_says_and_until_it_ends() {
    on_each(|store, name| async move {
        let token = |id: &str, uses_left, expires| StoredToken {
            device: None,
            id: id.into(),
            secret_sha256: "ab".into(),
            uses_left,
            expires: Timestamp(expires),
            collection: Some("TEN00001".into()),
            approval: false,
        };
        for token in [token("twice", 2, 100), token("ended", 2, 10), token("taken", 2, 100)] {
            change!(store, put_join_token(&token));
        }
        let now = Timestamp(50);
        for expected in [true, true, false] {
            assert_eq!(change!(store, use_join_token("twice", now)), expected, "{name}");
        }
        assert!(!change!(store, use_join_token("ended", now)), "{name}");
        assert!(!change!(store, use_join_token("unknown", now)), "{name}");
        assert!(change!(store, end_join_token("taken")), "{name}");
        assert!(!change!(store, end_join_token("taken")), "{name}");
        assert!(!change!(store, use_join_token("taken", now)), "{name}");
        assert_eq!(store.join_tokens(Timestamp(5)).await.expect(name), [token("ended", 2, 10)], "{name}");
        assert_eq!(store.join_token("twice").await.expect(name), Some(token("twice", 0, 100)), "{name}");
        assert_eq!(store.join_token("unknown").await.expect(name), None, "{name}");
    })
    .await;
}

#[tokio::test]
async fn the_first_decision_on_an_action_stands() {
    on_each(|store, name| async move {
        let allowed = Allowed {
            task_id: TaskId(8),
            kind: ActionKind::MACHINE_POLICY,
            param: String::new(),
            targets: Targets::Collection { collection: "SMS00001".into(), at_most: 5, version: 0 },
            count: 2,
            clocks: Clocks { deliver_by: Timestamp(9), finish_within_seconds: 3600 },
            offline: OfflinePolicy::Queue,
            rule: "r".into(),
            refused: vec![(DeviceId(Uuid::from_u128(1)), Reason::DeviceUnknown)],
        };
        let first = StoredDecision {
            task_guid: TaskGuid(Uuid::from_u128(1)),
            request_sha256: "ab".into(),
            person: UserId(Uuid::from_u128(2)),
            person_name: "ann".into(),
            proof: "vouched by the console".into(),
            level: proof::Level::Web,
            approver: None,
            decision: Decision::Allowed(allowed),
            audit: Some(Audited { number: 7, hash: "ab".into() }),
            keep_until: Timestamp(100),
        };
        let refused =
            Decision::Refused { reason: Reason::UserUnknownToSite { discovers: Vec::new(), grantor: None } };
        let second = StoredDecision { decision: refused, ..first.clone() };
        assert!(change!(store, put_decision(&first)), "{name}");
        assert!(!change!(store, put_decision(&second)), "{name}");
        assert_eq!(store.decision(first.task_guid).await.expect(name), Some(first.clone()), "{name}");
        assert_eq!(store.forget_decisions(Timestamp(100)).await.expect(name), 0, "{name}");
        assert_eq!(store.forget_decisions(Timestamp(101)).await.expect(name), 1, "{name}");
        assert_eq!(store.decision(first.task_guid).await.expect(name), None, "{name}");
    })
    .await;
}

fn entry(at: i64) -> AuditEntry {
    AuditEntry {
        at: Timestamp(at),
        who: "ann".into(),
        what: "x".into(),
        subject: "y".into(),
        rule: "z".into(),
        result: "done".into(),
    }
}

#[tokio::test]
async fn the_audit_shows_what_was_changed_in_it() {
    on_each(|store, name| async move {
        assert_eq!(store.verify_audit(0).await.expect(name), Ok(0), "{name}");
        for at in 1..=5 {
            change!(store, audit(&entry(at)));
        }
        assert_eq!(store.last_audit().await.expect(name), 5, "{name}");
        for after in [0, 2, 5] {
            assert_eq!(store.verify_audit(after).await.expect(name), Ok(5), "{name}");
        }
        for (spoil, found) in [
            ("UPDATE audit SET entry = replace(entry, 'ann', 'bob') WHERE number = 5", 5),
            ("UPDATE audit SET hash = 'ab' WHERE number = 4", 4),
            ("DELETE FROM audit WHERE number = 3", 3),
        ] {
            let statement = Box::leak(Box::new(database::Statement::both(spoil)));
            store.db.write(statement, database::args![]).await.expect(name);
            assert_eq!(store.verify_audit(0).await.expect(name), Err(found), "{name}: {spoil}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_audit_whose_beginning_is_forgotten_still_fits() {
    on_each(|store, name| async move {
        for at in 1..=5 {
            change!(store, audit(&entry(at)));
        }
        assert_eq!(store.forget_audit(Timestamp(3)).await.expect(name), 2, "{name}");
        assert_eq!(store.verify_audit(0).await.expect(name), Ok(5), "{name}");
        assert_eq!(store.forget_audit(Timestamp(100)).await.expect(name), 2, "{name}");
        assert_eq!(change!(store, audit(&entry(6))), 6, "{name}");
        assert_eq!(store.verify_audit(0).await.expect(name), Ok(6), "{name}");
    })
    .await;
}

#[tokio::test]
async fn numbers_grow_by_name() {
    on_each(|store, name| async move {
        assert_eq!(store.number("a").await.expect(name), 0, "{name}");
        assert_eq!(change!(store, next_number("a")), 1, "{name}");
        assert_eq!(change!(store, next_number("a")), 2, "{name}");
        assert_eq!(change!(store, next_number("b")), 1, "{name}");
        change!(store, put_number("a", 9));
        assert_eq!(store.number("a").await.expect(name), 9, "{name}");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_committed_is_not_there() {
    on_each(|store, name| async move {
        let before = store.commits();
        let mut change = store.begin().await.expect("begun");
        Store::put_device(&mut change, &device(1)).await.expect("changed");
        drop(change);
        assert_eq!(store.devices().await.expect(name), [], "{name}");
        assert_eq!(store.commits(), before, "{name}");
    })
    .await;
}

#[tokio::test]
async fn a_copy_knows_that_it_is_one() {
    let database = testkit::databases::sqlite().await;
    let store = Store::open(database.db.clone()).await.expect("a store");
    change!(store, put_device(&device(1)));
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("copy.db");
    store.backup(&file).await.expect("copied");
    assert!(!store.is_a_copy().await.expect("read"));

    let db = Db::open(&format!("sqlite:{}", file.display())).await.expect("a copy");
    let copy = Store::open(db).await.expect("a store");
    assert!(copy.is_a_copy().await.expect("read"));
    assert_eq!(copy.devices().await.expect("read"), [device(1)]);
    copy.restore(100).await.expect("taken into use");
    assert!(!copy.is_a_copy().await.expect("read"));
    assert_eq!(copy.number(GENERATION).await.expect("read"), 100);
}
