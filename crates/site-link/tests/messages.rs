//! Each message, byte by byte, and that all survive the way.

use action::{DeviceId, Entry, Event, Hop, ResourceId, TaskGuid, Timestamp, UserId};
use proptest::prelude::*;
use site_link::{Checksum, Compliance, Device, DeviceBatch, Message, Part, ToConsole, ToSite, decode};
use uuid::Uuid;

const HASH: u64 = 1_634_782_796;
const HASH_WITHOUT_COMPLIANCE: u64 = 1_829_974_391;
const AT: Timestamp = Timestamp(1_579_621_423_007);

#[test]
fn what_the_console_says() {
    let task_guid = TaskGuid(Uuid::from_bytes([0xa4; 16]));
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
    check(
        &ToConsole::Events {
            upto: 12,
            entries: vec![Entry {
                task_guid,
                device: None,
                hop: Hop::ServiceConnector,
                at: AT,
                event: Event::DeliveredToSite,
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
        r#"{"type":"devices","seq":9,"part":"full_end","devices":[{"id":"d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1","resource":16777219,"name":"kade-03","os":"Debian GNU/Linux 12 (bookworm)","os_version":"12","architecture":"x86_64","client_version":"0.1.0","online":true,"online_changed":"2020-01-21T15:43:43.007Z","enrolled":"2020-01-21T15:43:43.007Z","compliance":{"compliant":2,"total":3,"at":"2020-01-21T15:43:43.007Z"}}],"removed":["c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1"],"checksum":{"count":1,"sum":2}}"#,
    );
    check(
        &ToConsole::Mirror { mirror: serde_json::json!({"generation": 4}) },
        r#"{"type":"mirror","mirror":{"generation":4}}"#,
    );
    check(&ToConsole::Offboard, r#"{"type":"offboard"}"#);
    check(&ToConsole::Heartbeat { at: AT }, r#"{"type":"heartbeat","at":"2020-01-21T15:43:43.007Z"}"#);
}

/// Computed by another implementation of the page docs/protocol/site-link.md (Python).
#[test]
fn a_device_has_one_hash() {
    let offline = Device { online: false, ..device() };
    let plain = Device { compliance: None, ..offline.clone() };
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
    }
}
