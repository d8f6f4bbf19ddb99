//! Who may ask what: each role with each call.

mod support;

use std::collections::BTreeSet;

use action::{DeviceId, TaskGuid};
use authority_link::{
    Answer, Call, FACTS_PAGE, Facts, PAGE, Role, encode_call,
    server::{AwaitIntroduction, Introduced, Refused},
};
use support::{answers, calls, uuid};

fn introduced(role: Role) -> Introduced {
    let frame = encode_call(0, &Call::Introduce { role });
    let (session, number) =
        AwaitIntroduction::new(BTreeSet::from([role])).on_frame(&frame).expect("introduced");
    assert_eq!((session.role(), number), (role, 0));
    session
}

#[test]
fn a_role_may_ask_this_and_nothing_else() {
    check(
        Role::Connector,
        "decide dry_run may_read bind_key retire_key approve site_nonce pair targets mirror audit_hashes witness trust_document",
    );
    check(Role::Notifier, "release site_time server_certificate trust_document revocations ticket_keys");
    check(
        Role::ManagementPoint,
        "site_time enrol renew manifest document put_facts removed server_certificate trust_document revocations",
    );
    check(Role::Owner, "trust_document owner");
}

/// Checks that of all calls the role may make these.
#[track_caller]
fn check(role: Role, expected: &str) {
    let expected: BTreeSet<&str> = expected.split(' ').collect();
    for (call, _) in calls() {
        let name = call.name();
        let outcome = introduced(role).on_frame(&encode_call(7, &call));
        if expected.contains(name) {
            assert_eq!(outcome, Ok((7, call)));
            continue;
        }
        let refusal = outcome.expect_err(name);
        let (number, answer) = refusal.answer().expect("the caller is answered");
        assert_eq!(number, 7);
        assert!(matches!(answer, Answer::Failed { transient: false, .. }));
        if name == "introduce" {
            assert_eq!((refusal.why, refusal.closes), (Refused::SecondIntroduction, true));
        } else {
            assert_eq!((refusal.why, refusal.closes), (Refused::NotForRole { call: name, role }, false));
        }
    }
}

#[test]
fn names_are_those_on_the_wire() {
    for (call, members) in calls() {
        assert!(members.starts_with(&format!("\"call\":\"{}\"", call.name())), "{members}");
    }
    assert_eq!(answers().len(), 57, "an answer was added: give it bytes");
}

#[test]
fn nothing_comes_before_the_introduction() {
    for (call, _) in calls() {
        let session = AwaitIntroduction::new(BTreeSet::from(Role::ALL));
        let outcome = session.on_frame(&encode_call(7, &call));
        if call == (Call::Introduce { role: Role::ManagementPoint }) {
            outcome.expect("an introduction");
            continue;
        }
        let refusal = outcome.expect_err("refused");
        assert_eq!((refusal.why, refusal.closes), (Refused::NotIntroduced { call: call.name() }, true));
    }
}

#[test]
fn a_connection_speaks_only_for_the_roles_of_its_credentials() {
    for role in Role::ALL {
        let others = Role::ALL.into_iter().filter(|other| *other != role).collect();
        let frame = encode_call(3, &Call::Introduce { role });
        let refusal = AwaitIntroduction::new(others).on_frame(&frame).expect_err("refused");
        assert_eq!((refusal.why.clone(), refusal.closes), (Refused::NotThatRole { role }, true));
        assert!(refusal.answer().is_some_and(|(number, _)| number == 3));
    }
}

#[test]
fn what_is_no_call_ends_the_connection_without_an_answer() {
    let refusal =
        AwaitIntroduction::new(BTreeSet::from(Role::ALL)).on_frame(b"GET / HTTP/1.1").expect_err("refused");
    assert_eq!((refusal.why.name(), refusal.closes, refusal.answer()), ("not_understood", true, None));
    let refusal = introduced(Role::Notifier).on_frame(b"{}").expect_err("refused");
    assert_eq!((refusal.why.name(), refusal.closes, refusal.answer()), ("not_understood", true, None));
}

#[test]
fn pages_have_limits() {
    let device = DeviceId(uuid());
    let task_guid = TaskGuid(uuid());
    let release = |count| Call::Release { task_guid, devices: vec![device; count], results: None };
    let targets = |limit| Call::Targets { task_guid, after: None, limit };
    let put = |count| Call::PutFacts { facts: vec![(device, Facts::default()); count] };
    let long = |length| Call::PutFacts {
        facts: vec![(device, Facts { os: "x".repeat(length), ..Facts::default() })],
    };
    let most = u32::try_from(PAGE).expect("small");
    limit(Role::Notifier, release(PAGE), None);
    limit(Role::Notifier, release(PAGE + 1), Some("too_many"));
    limit(Role::Connector, targets(most), None);
    limit(Role::Connector, targets(most + 1), Some("too_many"));
    limit(Role::ManagementPoint, put(FACTS_PAGE), None);
    limit(Role::ManagementPoint, put(FACTS_PAGE + 1), Some("too_many"));
    limit(Role::ManagementPoint, long(255), None);
    limit(Role::ManagementPoint, long(256), Some("fact_too_long"));
}

#[track_caller]
fn limit(role: Role, call: Call, refused: Option<&str>) {
    let outcome = introduced(role).on_frame(&encode_call(1, &call));
    assert_eq!(outcome.err().map(|refusal| refusal.why.name()), refused);
}
