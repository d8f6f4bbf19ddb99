//! Each message, byte by byte, and that all survive the way.

use action::{DeviceId, Entry, Event, Hop, Reason, ResourceId, TaskGuid, Timestamp, UserId};
use proptest::prelude::*;
use site_link::{
    Answer, Checksum, Compliance, Details, Device, DeviceBatch, Drain, DryRun, KeyBound, Message, Part,
    Question, Throttle, ToConsole, ToSite, decode,
};
use uuid::Uuid;

const HASH: u64 = 1_634_782_796;
const HASH_WITHOUT_COMPLIANCE: u64 = 1_829_974_391;
const HASH_WITH_DETAILS: u64 = 2_411_819_329;
const AT: Timestamp = Timestamp(1_579_621_423_007);

#[test]
fn what_the_console_says() {
    let task_guid = TaskGuid(Uuid::from_bytes([0xa4; 16]));
    let (device, user) = (DeviceId(Uuid::from_bytes([0xd1; 16])), UserId(Uuid::from_bytes([0xb1; 16])));
    check(
        &ToSite::Ask { number: 1, question: Question::Device { device, user, user_name: "kim".into() } },
        r#"{"type":"ask","number":1,"question":{"ask":"device","device":"d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1","user":"b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1","user_name":"kim"}}"#,
    );
    check(
        &ToSite::Ask {
            number: 2,
            question: Question::DryRun { request: "e30=".into(), user, user_name: "kim".into() },
        },
        r#"{"type":"ask","number":2,"question":{"ask":"dry_run","request":"e30=","user":"b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1","user_name":"kim"}}"#,
    );
    check(
        &ToSite::Ask { number: 4, question: Question::Pair { message: "p3.e30.AA.AA".into() } },
        r#"{"type":"ask","number":4,"question":{"ask":"pair","message":"p3.e30.AA.AA"}}"#,
    );
    check(
        &ToSite::Ask { number: 3, question: Question::UploadDevices },
        r#"{"type":"ask","number":3,"question":{"ask":"upload_devices"}}"#,
    );
    check(
        &ToSite::Ask { number: 4, question: Question::BindKey { binding: "a.b.c~d.e.f".into() } },
        r#"{"type":"ask","number":4,"question":{"ask":"bind_key","binding":"a.b.c~d.e.f"}}"#,
    );
    check(
        &ToSite::Ask { number: 6, question: Question::Approve { approval: "a.b.c".into() } },
        r#"{"type":"ask","number":6,"question":{"ask":"approve","approval":"a.b.c"}}"#,
    );
    check(
        &ToSite::Ask { number: 5, question: Question::RetireKey { retirement: "a.b.c".into() } },
        r#"{"type":"ask","number":5,"question":{"ask":"retire_key","retirement":"a.b.c"}}"#,
    );
    check(
        &ToSite::Ask { number: 6, question: Question::Drains { task_guid } },
        r#"{"type":"ask","number":6,"question":{"ask":"drains","task_guid":"a4a4a4a4-a4a4-a4a4-a4a4-a4a4a4a4a4a4"}}"#,
    );
    check(
        &ToSite::Request {
            task_guid,
            request: "e30=".into(),
            user: UserId(Uuid::from_bytes([0xb1; 16])),
            user_name: "kim".into(),
        },
        r#"{"type":"request","task_guid":"a4a4a4a4-a4a4-a4a4-a4a4-a4a4a4a4a4a4","request":"e30=","user":"b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1","user_name":"kim"}"#,
    );
    check(
        &ToSite::Cancel { task_guid, user_name: "kim".into() },
        r#"{"type":"cancel","task_guid":"a4a4a4a4-a4a4-a4a4-a4a4-a4a4a4a4a4a4","user_name":"kim"}"#,
    );
    check(&ToSite::EventsStored { upto: 12 }, r#"{"type":"events_stored","upto":12}"#);
    check(&ToSite::DevicesStored { seq: 9 }, r#"{"type":"devices_stored","seq":9}"#);
    check(&ToSite::ResyncDevices, r#"{"type":"resync_devices"}"#);
    check(
        &ToSite::Audit(Box::new(page())),
        r#"{"type":"audit","after":1,"base":"abababababababababababababababababababababababababababababababab","oldest":0,"entries":[[2,"abababababababababababababababababababababababababababababababab"]],"last":2,"head":"abababababababababababababababababababababababababababababababab","signed":"h.s","news":true}"#,
    );
    check(
        &ToSite::Ask { number: 4, question: Question::Audit { after: 7 } },
        r#"{"type":"ask","number":4,"question":{"ask":"audit","after":7}}"#,
    );
    check(
        &ToSite::Ask { number: 6, question: Question::Trust },
        r#"{"type":"ask","number":6,"question":{"ask":"trust"}}"#,
    );
    check(&ToSite::Offboard, r#"{"type":"offboard"}"#);
    check(&ToSite::Heartbeat { at: AT }, r#"{"type":"heartbeat","at":"2020-01-21T15:43:43.007Z"}"#);
}

#[test]
fn what_the_site_says() {
    let task_guid = TaskGuid(Uuid::from_bytes([0xa4; 16]));
    check(
        &ToConsole::Receipt { task_guid },
        r#"{"type":"receipt","task_guid":"a4a4a4a4-a4a4-a4a4-a4a4-a4a4a4a4a4a4"}"#,
    );
    check(&ToConsole::Nonce { nonce: "AAAA".into() }, r#"{"type":"nonce","nonce":"AAAA"}"#);
    check(
        &ToConsole::Answer { number: 4, answer: Answer::Paired { message: "e30.AA".into() } },
        r#"{"type":"answer","number":4,"answer":{"answer":"paired","message":"e30.AA"}}"#,
    );
    check(
        &ToConsole::Answer { number: 4, answer: Answer::Approved { allowed: true } },
        r#"{"type":"answer","number":4,"answer":{"answer":"approved","allowed":true}}"#,
    );
    check(
        &ToConsole::Events {
            upto: 13,
            entries: vec![Entry {
                task_guid,
                device: None,
                hop: Hop::Authority,
                at: AT,
                event: Event::DeliveredToSite { reason: Some(Reason::ApprovalMissing) },
            }],
        },
        r#"{"type":"events","upto":13,"entries":[{"task_guid":"a4a4a4a4-a4a4-a4a4-a4a4-a4a4a4a4a4a4","device":null,"hop":"authority","at":"2020-01-21T15:43:43.007Z","event":"delivered_to_site","reason":{"why":"approval_missing"}}]}"#,
    );
    check(
        &ToConsole::Events {
            upto: 12,
            entries: vec![Entry {
                task_guid,
                device: None,
                hop: Hop::ServiceConnector,
                at: AT,
                event: Event::DeliveredToSite { reason: None },
            }],
        },
        r#"{"type":"events","upto":12,"entries":[{"task_guid":"a4a4a4a4-a4a4-a4a4-a4a4-a4a4a4a4a4a4","device":null,"hop":"service_connector","at":"2020-01-21T15:43:43.007Z","event":"delivered_to_site"}]}"#,
    );
    check(
        &ToConsole::Devices(DeviceBatch {
            seq: 9,
            part: Part::FullEnd,
            devices: vec![device()],
            removed: vec![DeviceId(Uuid::from_bytes([0xc1; 16]))],
            checksum: Some(Checksum { count: 1, sum: 2 }),
        }),
        r#"{"type":"devices","seq":9,"part":"full_end","devices":[{"id":"d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1","resource":16777219,"name":"kade-03","os":"Debian GNU/Linux 12 (bookworm)","os_version":"12","architecture":"x86_64","client_version":"0.1.0","online":true,"online_changed":"2020-01-21T15:43:43.007Z","enrolled":"2020-01-21T15:43:43.007Z","compliance":{"compliant":2,"total":3,"at":"2020-01-21T15:43:43.007Z"},"generation":4}],"removed":["c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1"],"checksum":{"count":1,"sum":2}}"#,
    );
    check(
        &ToConsole::Mirror { mirror: serde_json::json!({"generation": 4}) },
        r#"{"type":"mirror","mirror":{"generation":4}}"#,
    );
    check(
        &ToConsole::Answer { number: 3, answer: Answer::Done },
        r#"{"type":"answer","number":3,"answer":{"answer":"done"}}"#,
    );
    check(
        &ToConsole::Answer { number: 4, answer: Answer::Refused { reason: action::Reason::DeviceUnknown } },
        r#"{"type":"answer","number":4,"answer":{"answer":"refused","reason":{"why":"device_unknown"}}}"#,
    );
    let bound = KeyBound {
        user: UserId(Uuid::from_bytes([0xb1; 16])),
        user_name: "kim".into(),
        jkt: "k".into(),
        level: "native".into(),
        until: AT,
    };
    check(
        &ToConsole::Answer { number: 4, answer: Answer::KeyBound(bound) },
        r#"{"type":"answer","number":4,"answer":{"answer":"key_bound","user":"b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1","user_name":"kim","jkt":"k","level":"native","until":"2020-01-21T15:43:43.007Z"}}"#,
    );
    let dry_run = DryRun {
        rule: Some("r".into()),
        reason: None,
        count: 9,
        online: 5,
        refused: Vec::new(),
        refused_count: 0,
        waits: None,
        throttle: Some(Throttle { strategy: 1, param: 42, ahead: 0 }),
        sent_by: Some(AT),
        ends_by: AT,
    };
    check(
        &ToConsole::Answer { number: 5, answer: Answer::DryRun(Box::new(dry_run)) },
        r#"{"type":"answer","number":5,"answer":{"answer":"dry_run","rule":"r","reason":null,"count":9,"online":5,"refused":[],"refused_count":0,"waits":null,"throttle":{"strategy":1,"param":42,"ahead":0},"sent_by":"2020-01-21T15:43:43.007Z","ends_by":"2020-01-21T15:43:43.007Z"}}"#,
    );
    check(&ToConsole::AuditWanted { after: 7 }, r#"{"type":"audit_wanted","after":7}"#);
    let drains = vec![Drain {
        server: "n1".into(),
        at: AT,
        strategy: 1,
        param: 42,
        clients: 10_000,
        sent: 1_200,
        ahead: 3,
        predicted: 238_000,
        elapsed: 28_570,
        through: false,
    }];
    check(
        &ToConsole::Answer { number: 8, answer: Answer::Drains { drains } },
        r#"{"type":"answer","number":8,"answer":{"answer":"drains","drains":[{"server":"n1","at":"2020-01-21T15:43:43.007Z","strategy":1,"param":42,"clients":10000,"sent":1200,"ahead":3,"predicted":238000,"elapsed":28570,"through":false}]}}"#,
    );
    check(
        &ToConsole::Answer { number: 7, answer: Answer::Audit(Box::new(page())) },
        r#"{"type":"answer","number":7,"answer":{"answer":"audit","after":1,"base":"abababababababababababababababababababababababababababababababab","oldest":0,"entries":[[2,"abababababababababababababababababababababababababababababababab"]],"last":2,"head":"abababababababababababababababababababababababababababababababab","signed":"h.s","news":true}}"#,
    );
    let later = decode::<ToConsole>(br#"{"type":"answer","number":6,"answer":{"answer":"poem","lines":3}}"#);
    assert_eq!(later, Ok(ToConsole::Answer { number: 6, answer: Answer::Unknown }));
    check(
        &ToConsole::Answer { number: 6, answer: Answer::Trust { document: "a.b.c".into() } },
        r#"{"type":"answer","number":6,"answer":{"answer":"trust","document":"a.b.c"}}"#,
    );
    check(&ToConsole::Offboard, r#"{"type":"offboard"}"#);
    check(&ToConsole::Heartbeat { at: AT }, r#"{"type":"heartbeat","at":"2020-01-21T15:43:43.007Z"}"#);
}

/// Computed by another implementation of the page docs/protocol/site-link.md (Python).
#[test]
fn a_device_has_one_hash() {
    let offline = Device { online: false, ..device() };
    let plain = Device { compliance: None, ..offline.clone() };
    let detailed = Device {
        details: Details {
            user: "kim".into(),
            serial: "S-7".into(),
            addresses: vec!["10.0.0.7".into()],
            tags: Vec::new(),
        },
        ..plain.clone()
    };
    assert_eq!(detailed.hash(), HASH_WITH_DETAILS);
    let later = Device { generation: 9, discovered: Some(AT), ..plain.clone() };
    assert_eq!(later.hash(), HASH_WITHOUT_COMPLIANCE, "what changes without news is no part of it");
    assert_eq!((device().hash(), offline.hash(), plain.hash()), (2 * HASH, HASH, HASH_WITHOUT_COMPLIANCE));
}

proptest! {
    #[test]
    fn a_request_survives_the_way(task: [u8; 16], user: [u8; 16], request in "[A-Za-z0-9+/]{0,40}", user_name in ".{0,20}") {
        let message = ToSite::Request {
            task_guid: TaskGuid(Uuid::from_bytes(task)),
            request,
            user: UserId(Uuid::from_bytes(user)),
            user_name,
        };
        survives(&message)?;
    }

    #[test]
    fn a_device_survives_the_way(id: [u8; 16], name in ".{0,40}", os in ".{0,40}", online: bool, seq: u64, millis in 0i64..4_000_000_000_000) {
        let device = Device {
            id: DeviceId(Uuid::from_bytes(id)),
            name,
            os,
            online,
            online_changed: Timestamp(millis),
            ..device()
        };
        let batch = DeviceBatch { seq, part: Part::Changes, devices: vec![device], removed: Vec::new(), checksum: None };
        survives(&ToConsole::Devices(batch))?;
    }

    #[test]
    fn no_payload_breaks_the_decoders(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(decode::<ToSite>(&bytes).is_err());
        prop_assert!(decode::<ToConsole>(&bytes).is_err());
    }
}

#[track_caller]
fn check<M: Message + PartialEq + std::fmt::Debug>(message: &M, bytes: &str) {
    assert_eq!(serde_json::to_string(message).expect("plain"), bytes);
    assert_eq!(decode::<M>(bytes.as_bytes()).as_ref(), Ok(message));
}

fn survives<M: Message + PartialEq + std::fmt::Debug>(message: &M) -> Result<(), TestCaseError> {
    let bytes = serde_json::to_vec(message).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let read = decode::<M>(&bytes);
    prop_assert_eq!(read.as_ref(), Ok(message));
    Ok(())
}

fn page() -> proof::witness::Page {
    let hash = proof::Hash([0xab; 32]);
    proof::witness::Page {
        after: 1,
        base: hash,
        oldest: 0,
        entries: vec![(2, hash)],
        last: 2,
        head: hash,
        signed: "h.s".into(),
        news: true,
    }
}

fn device() -> Device {
    Device {
        id: DeviceId(Uuid::from_bytes([0xd1; 16])),
        resource: ResourceId(16_777_219),
        name: "kade-03".into(),
        os: "Debian GNU/Linux 12 (bookworm)".into(),
        os_version: "12".into(),
        architecture: "x86_64".into(),
        client_version: "0.1.0".into(),
        online: true,
        online_changed: AT,
        enrolled: AT,
        compliance: Some(Compliance { compliant: 2, total: 3, at: AT }),
        details: Details::default(),
        generation: 4,
        discovered: None,
    }
}
