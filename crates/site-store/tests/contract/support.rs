//! Stores to try, and actions to try them with.

use action::{
    ActionKind, Clocks, DeviceId, EnrolmentId, Event, Hop, OfflinePolicy, PushId, ResourceId, State,
    TaskGuid, TaskId, Timestamp, UserId,
};
use site_store::{
    Aim, DeviceFacts, Forward, Forwarded, NewDevice, Notification, SiteStore, Taken, TargetUpdate,
};
use testkit::{TestDb, clock::MovingClock, databases};
use uuid::Uuid;

/// When the tests happen.
pub(crate) const NOW: Timestamp = MovingClock::START;

/// A store on one of the engines.
pub(crate) struct TestStore {
    pub(crate) name: &'static str,
    pub(crate) store: SiteStore,
    pub(crate) test: TestDb,
}

/// Returns an empty store on each engine.
pub(crate) async fn stores() -> Vec<TestStore> {
    let mut stores = Vec::new();
    for test in databases().await {
        let store = SiteStore::open(test.db.clone()).await.expect(test.name);
        stores.push(TestStore { name: test.name, store, test });
    }
    stores
}

pub(crate) fn device(number: u64) -> DeviceId {
    DeviceId(id(1, number))
}

pub(crate) fn guid(number: u64) -> TaskGuid {
    TaskGuid(id(2, number))
}

pub(crate) fn enrolment(number: u64) -> EnrolmentId {
    EnrolmentId(id(3, number))
}

fn id(kind: u64, number: u64) -> Uuid {
    Uuid::from_u64_pair(kind << 32, number)
}

pub(crate) fn after(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

pub(crate) fn facts(name: &str) -> DeviceFacts {
    DeviceFacts {
        name: name.to_owned(),
        os: "Debian GNU/Linux 12 (bookworm)".into(),
        os_version: "12".into(),
        architecture: "x86_64".into(),
        client_version: "0.1.0".into(),
        hardware: "f00d".into(),
        details: site_store::DeviceDetails { user: format!("user of {name}"), ..Default::default() },
    }
}

pub(crate) fn new_device(number: u64) -> NewDevice {
    NewDevice {
        device: device(number),
        enrolment: enrolment(number),
        resource: ResourceId(number),
        facts: facts(&format!("pc{number}")),
    }
}

pub(crate) fn notification(number: u64) -> Notification {
    Notification {
        task_guid: guid(number),
        request: format!("request {number}").into_bytes(),
        user: UserId(id(4, 1)),
        user_name: "ada@example.com".into(),
        received_at: NOW,
    }
}

pub(crate) fn allowed(number: u64) -> Forward {
    Forward {
        task_guid: guid(number),
        task_id: TaskId(number),
        kind: ActionKind::MACHINE_POLICY,
        param: String::new(),
        clocks: Clocks { deliver_by: after(3_600), finish_within_seconds: 600 },
        offline: OfflinePolicy::Queue,
        aim: Aim::Devices,
        rule: "role Operations Administrator on SMS00001".into(),
        audit: None,
    }
}

/// Takes and forwards an action for devices 1 to `devices`.
pub(crate) async fn forwarded(store: &SiteStore, action: u64, devices: u64) {
    let targets: Vec<DeviceId> = (1..=devices).map(device).collect();
    assert_eq!(store.take_notification(&notification(action)).await.expect("takes"), Taken::New);
    let forwarded = store.forward(&allowed(action), &targets, &[], NOW).await.expect("forwards");
    assert_eq!(forwarded, Forwarded::New);
}

/// An update of a target, by the hop that such an event comes from.
pub(crate) fn update(action: u64, target: u64, event: Event) -> TargetUpdate {
    let hop = match event {
        Event::Sent | Event::Queued { .. } => Hop::NotificationServer,
        _ => Hop::Agent,
    };
    TargetUpdate {
        task_guid: guid(action),
        device: device(target),
        hop,
        at: NOW,
        event,
        push_id: Some(PushId(100 + action)),
    }
}

pub(crate) fn done() -> Event {
    Event::Concluded(action::Conclusion::Done { detail: String::new() })
}

pub(crate) fn failed(code: i32) -> Event {
    let reason = action::Reason::AgentFailed { code, detail: "no".into() };
    Event::Concluded(action::Conclusion::Failed { reason })
}

/// Returns where the targets of an action stand, as in `queued 2, done 1`.
pub(crate) async fn standing(store: &SiteStore, action: u64) -> String {
    let counts = store.counts(guid(action)).await.expect("counts");
    let words = counts.iter().map(|(state, count)| format!("{} {count}", State::name(*state)));
    words.collect::<Vec<_>>().join(", ")
}

/// Returns the history of an action, each event as `device hop event`.
pub(crate) async fn told(store: &SiteStore, action: u64) -> Vec<String> {
    let entries = store.history(guid(action), 0, 1_000_000).await.expect("history");
    let line = |(_, entry): &(u64, action::Entry)| {
        let device = entry.device.map_or("all".into(), |device| device.0.as_u64_pair().1.to_string());
        let reason = entry.event.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{device} {} {}{reason}", entry.hop.name(), entry.event.state().name())
    };
    entries.iter().map(line).collect()
}
