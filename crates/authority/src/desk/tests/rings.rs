use authority_link::{Results, Ring, RolloutPlan, Then};

use super::*;

async fn released_after(
    site: &mut Site,
    task_guid: TaskGuid,
    devices: &[DeviceId],
    results: Results,
) -> Released {
    let call = Call::Release { task_guid, devices: devices.to_vec(), results: Some(results) };
    match site.call(Role::Notifier, call).await {
        Answer::Released(released) => *released,
        other => panic!("not released: {other:?}"),
    }
}

fn ids(released: &Released) -> Vec<DeviceId> {
    released.devices.iter().map(|(device, _)| *device).collect()
}

/// A site with a pilot of one device among three, and an action for all of them.
async fn rollout(then: Then, stop_above_percent: u32) -> (Site, TaskGuid, Vec<DeviceId>) {
    let mut site = Site::new().await;
    let mut all = Vec::new();
    for name in ["one", "two", "three"] {
        all.push(site.device(name).await);
    }
    site.collection("Pilot", &all[..1]).await;
    let plan = RolloutPlan { rings: vec![Ring { collection: "Pilot".into(), then }], stop_above_percent };
    let put = OwnerCall::PutRollout { collection: "SMS00001".into(), plan };
    assert_eq!(site.owner(put).await, OwnerAnswer::Done);
    let ann = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(ann, collection("SMS00001", 5));
    site.allowed(&request).await;
    (site, request.id, all)
}

#[tokio::test]
async fn the_pilot_goes_first_and_the_others_when_it_has_done_well() {
    let (mut site, id, all) = rollout(Then::Done { percent: 100 }, 10).await;
    let released = site.released(id, &all).await;
    assert_eq!(ids(&released), all[..1]);
    let waits =
        Reason::RingWaits { ring: 2, of: 2, until: "when 100 % of the devices before have done it".into() };
    let mut held = released.held;
    held.sort_by_key(|(device, _)| *device);
    let mut others = all[1..].to_vec();
    others.sort_unstable();
    assert_eq!(held, others.iter().map(|device| (*device, waits.clone())).collect::<Vec<_>>());

    let nothing_yet = Results { sent: 1, done: 0, failed: 0 };
    assert_eq!(ids(&released_after(&mut site, id, &all[1..], nothing_yet).await), []);
    // What the caller leaves out opens nothing.
    assert_eq!(ids(&site.released(id, &all[1..]).await), []);
    let commits = site.desk.store.commits();
    let done = Results { sent: 1, done: 1, failed: 0 };
    assert_eq!(ids(&released_after(&mut site, id, &all[1..], done).await), all[1..]);
    assert_eq!(site.desk.store.commits() - commits, 1, "that the ring is open is stored before it is used");
    // What is open stays open, whatever is said later.
    assert_eq!(ids(&released_after(&mut site, id, &all[1..], Results::default()).await), all[1..]);
    let entries = site.desk.store.audit_entries().await;
    let opened = entries.iter().filter(|entry| entry.what == "ring 2 of 2 opened").count();
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn too_many_failures_end_the_rollout_for_those_who_wait() {
    let (mut site, id, all) = rollout(Then::Done { percent: 50 }, 10).await;
    assert_eq!(ids(&site.released(id, &all).await), all[..1]);
    let failed = Results { sent: 1, done: 0, failed: 1 };
    let released = released_after(&mut site, id, &all[1..], failed).await;
    let stopped = Reason::RolloutStopped { failed: 1, of: 1, limit: 10 };
    assert_eq!(released.refused, [(all[1], stopped.clone()), (all[2], stopped)]);
    assert!(released.held.is_empty());
}

#[tokio::test]
async fn a_ring_opens_by_the_clock_and_not_before() {
    let (mut site, id, all) = rollout(Then::After { seconds: 60 }, 10).await;
    site.released(id, &all).await;
    let sent = Results { sent: 1, done: 0, failed: 0 };
    site.now = NOW.plus(Duration::from_secs(59));
    assert_eq!(ids(&released_after(&mut site, id, &all[1..], sent).await), []);
    site.now = NOW.plus(Duration::from_secs(60));
    assert_eq!(ids(&released_after(&mut site, id, &all[1..], sent).await), all[1..]);
}

#[tokio::test]
async fn a_changed_plan_is_for_later_actions() {
    let (mut site, id, all) = rollout(Then::Done { percent: 100 }, 10).await;
    let remove = OwnerCall::RemoveRollout { collection: "SMS00001".into() };
    assert_eq!(site.owner(remove).await, OwnerAnswer::Done);
    assert_eq!(ids(&site.released(id, &all).await), all[..1]);
    let ann = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(ann, collection("SMS00001", 5));
    site.allowed(&request).await;
    assert_eq!(site.released(request.id, &all).await.devices.len(), 3);
}
