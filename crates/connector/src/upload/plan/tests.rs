use action::{EnrolmentId, ResourceId, Timestamp};
use site_store::{ComplianceSummary, DeviceChecksum, DeviceFacts};
use uuid::Uuid;

use super::*;

#[test]
fn a_small_site_is_one_batch_after_an_empty_start() {
    let mut plan = Plan::new(None);
    assert_eq!(sent(&mut plan, changes(2, 7, false)), "full_start@0:0 full_end@7:2 ✓");
    assert_eq!(sent(&mut plan, changes(0, 7, false)), "nothing");
}

#[test]
fn a_large_site_is_many_batches() {
    let mut plan = Plan::new(None);
    assert_eq!(sent(&mut plan, changes(3, 10, true)), "full_start@10:3");
    assert_eq!(plan.after(), 10);
    assert_eq!(sent(&mut plan, changes(3, 20, true)), "full@20:3");
    assert_eq!(sent(&mut plan, changes(1, 21, false)), "full_end@21:1 ✓");
    assert_eq!(plan.after(), 21);
}

#[test]
fn a_site_without_devices_says_so() {
    let mut plan = Plan::new(None);
    assert_eq!(sent(&mut plan, changes(0, 0, false)), "full_start@0:0 full_end@0:0 ✓");
}

#[test]
fn changes_follow_and_the_last_batch_has_the_checksum() {
    let mut plan = Plan::new(Some(5));
    assert_eq!(plan.after(), 5);
    assert_eq!(sent(&mut plan, changes(2, 8, true)), "changes@8:2");
    assert_eq!(sent(&mut plan, changes(1, 9, false)), "changes@9:1 ✓");
    assert_eq!(sent(&mut plan, changes(0, 9, false)), "nothing");
}

#[test]
fn a_new_link_begins_with_a_checksum_although_nothing_changed() {
    let mut plan = Plan::new(Some(5));
    assert_eq!(sent(&mut plan, changes(0, 5, false)), "changes@5:0 ✓");
    assert_eq!(sent(&mut plan, changes(0, 5, false)), "nothing");
}

#[test]
fn a_console_that_misses_something_gets_everything() {
    let mut plan = Plan::new(Some(5));
    plan.resync();
    assert!(plan.wants_all());
    assert_eq!(plan.after(), 0);
    assert_eq!(sent(&mut plan, changes(1, 5, false)), "full_start@0:0 full_end@5:1 ✓");
}

#[test]
fn a_store_that_was_put_back_is_uploaded_anew() {
    let mut plan = Plan::new(Some(50));
    let restored = DeviceChanges {
        upto: 50,
        checksum: Some(DeviceChecksum { count: 1, sum: 1, seq: 20 }),
        ..DeviceChanges::default()
    };
    assert_eq!(plan.next(restored), Next::Again);
    assert!(plan.wants_all());
}

#[test]
fn removed_devices_are_named_in_changes_only() {
    let removed = || DeviceChanges { removed: vec![DeviceId(Uuid::nil())], ..changes(1, 9, false) };
    let Next::Send { batches, .. } = Plan::new(Some(3)).next(removed()) else { panic!("a batch") };
    assert_eq!(batches[0].removed.len(), 1);
    let Next::Send { batches, .. } = Plan::new(None).next(removed()) else { panic!("batches") };
    assert!(batches.iter().all(|batch| batch.removed.is_empty()));
}

#[test]
fn both_ends_hash_a_device_alike() {
    let compliance = ComplianceSummary { compliant: 2, total: 3, at: Timestamp(9) };
    for row in [
        row(1),
        DeviceRow { online: true, ..row(2) },
        DeviceRow { compliance: Some(compliance), ..row(3) },
        DeviceRow { compliance: Some(compliance), online: true, ..row(4) },
    ] {
        assert_eq!(device(row.clone()).hash(), row.hash());
    }
}

fn sent(plan: &mut Plan, changes: DeviceChanges) -> String {
    match plan.next(changes) {
        Next::Nothing => "nothing".into(),
        Next::Again => "again".into(),
        Next::Send { batches, last } => {
            assert_eq!(last, batches.iter().any(|batch| batch.checksum.is_some()));
            let text = |batch: &DeviceBatch| {
                let part = serde_json::to_value(batch.part).expect("a name");
                let part = part.as_str().expect("a name").to_owned();
                let check = if batch.checksum.is_some() { " ✓" } else { "" };
                format!("{part}@{}:{}{check}", batch.seq, batch.devices.len())
            };
            batches.iter().map(text).collect::<Vec<_>>().join(" ")
        }
    }
}

fn changes(devices: u64, upto: u64, more: bool) -> DeviceChanges {
    DeviceChanges {
        devices: (1..=devices).map(row).collect(),
        removed: Vec::new(),
        upto,
        more,
        checksum: (!more).then_some(DeviceChecksum { count: devices, sum: 1, seq: upto }),
    }
}

fn row(number: u64) -> DeviceRow {
    DeviceRow {
        device: DeviceId(Uuid::from_u128(number.into())),
        enrolment: EnrolmentId(Uuid::nil()),
        resource: ResourceId(number),
        facts: DeviceFacts { name: format!("kade-{number}"), os: "Debian".into(), ..DeviceFacts::default() },
        enrolled: Timestamp(1),
        discovered: Timestamp(2),
        online: false,
        online_changed: Timestamp(3),
        compliance: None,
        seq: number,
    }
}
