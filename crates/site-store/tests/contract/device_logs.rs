//! The logs of agents that tasks have asked for.

use std::time::Duration;

use action::{ActionKind, DeviceId, Timestamp};
use site_store::{Forward, LogPart, LogPut, Retention, SiteStore};

use crate::support::{NOW, TestStore, after, allowed, device, guid, new_device, notification, stores};

/// Far more than the parts of these tests.
const ROOM: u64 = 1 << 20;

fn part(action: u64, number: u32, text: &str) -> LogPart {
    LogPart {
        task_guid: guid(action),
        number,
        parts: 2,
        file: "PolicyAgent.log".into(),
        text: text.into(),
        at: after(1),
    }
}

/// Two devices, each asked for its logs by the actions 1 and 2, and for something else by the action 3.
async fn asked(store: &SiteStore) {
    for number in 1..=2 {
        store.put_device(&new_device(number), NOW).await.expect("a device");
    }
    for (action, kind) in
        [(1, ActionKind::COLLECT_LOGS), (2, ActionKind::COLLECT_LOGS), (3, ActionKind::PROBE)]
    {
        store.take_notification(&notification(action)).await.expect("taken");
        let forward = Forward { kind, ..allowed(action) };
        store.forward(&forward, &[device(1), device(2)], &[], NOW).await.expect("forwarded");
    }
}

async fn put(store: &SiteStore, number: u64, part: &LogPart, at: Timestamp) -> LogPut {
    store.put_log(device(number), part, ROOM, at).await.expect("an answer")
}

async fn texts(store: &SiteStore, device: DeviceId, action: u64) -> Vec<String> {
    let parts = store.log_parts(device, guid(action), 0, 100).await.expect("parts");
    parts.into_iter().map(|part| part.text).collect()
}

#[tokio::test]
async fn only_what_was_asked_for_is_stored() {
    for TestStore { name, store, .. } in stores().await {
        assert_eq!(put(&store, 1, &part(1, 0, "a"), NOW).await, LogPut::DeviceUnknown, "{name}");
        asked(&store).await;
        assert_eq!(put(&store, 1, &part(9, 0, "a"), NOW).await, LogPut::NotAsked, "{name}: no such action");
        assert_eq!(put(&store, 1, &part(3, 0, "a"), NOW).await, LogPut::NotAsked, "{name}: another kind");
        assert_eq!(put(&store, 1, &part(1, 1, "b"), after(2)).await, LogPut::Stored, "{name}");
        assert_eq!(put(&store, 1, &part(1, 0, "a"), after(3)).await, LogPut::Stored, "{name}");
        assert_eq!(put(&store, 1, &part(1, 0, "aa"), after(4)).await, LogPut::Stored, "{name}: comes again");
        assert_eq!(put(&store, 1, &part(2, 0, "c"), after(5)).await, LogPut::Stored, "{name}");

        let found = store.log_collections(device(1)).await.expect(name);
        let shown: Vec<_> =
            found.iter().map(|one| (one.task_guid, one.stored, one.parts, one.bytes)).collect();
        assert_eq!(shown, [(guid(2), 1, 2, 1), (guid(1), 2, 2, 3)], "{name}");
        assert_eq!((found[1].at, found[1].received), (after(1), after(4)), "{name}");
        assert_eq!(texts(&store, device(1), 1).await, ["aa", "b"], "{name}");
        let rest = store.log_parts(device(1), guid(1), 1, 1).await.expect(name);
        assert_eq!((rest.len(), rest[0].text.as_str()), (1, "b"), "{name}");
        assert_eq!(store.log_collections(device(2)).await.expect(name), [], "{name}: each device its own");
    }
}

#[tokio::test]
async fn logs_are_bounded_in_size_and_age_and_go_with_their_device() {
    for TestStore { name, store, .. } in stores().await {
        asked(&store).await;
        let text = "x".repeat(100);
        for (number, action, at) in [(1, 1, 1), (2, 1, 2), (1, 2, 3), (2, 2, 4)] {
            let stored = store.put_log(device(number), &part(action, 0, &text), 350, after(at)).await;
            assert_eq!(stored.expect(name), LogPut::Stored, "{name}");
        }
        assert_eq!(texts(&store, device(1), 1).await, Vec::<String>::new(), "{name}: the oldest made room");
        assert_eq!(texts(&store, device(2), 1).await.len(), 1, "{name}");

        let retention = Retention { logs: Duration::from_secs(10), ..Retention::default() };
        assert_eq!(store.sweep(&retention, after(12)).await.expect(name).logs, 0, "{name}");
        assert_eq!(store.sweep(&retention, after(13)).await.expect(name).logs, 1, "{name}");
        assert_eq!(texts(&store, device(1), 2).await.len(), 1, "{name}");
        store.remove_device(device(1), NOW).await.expect(name);
        assert_eq!(texts(&store, device(1), 2).await, Vec::<String>::new(), "{name}");
    }
}
