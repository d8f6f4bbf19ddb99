//! Targets wait for their devices, and say why.

use action::{Event, Reason, State};
use site_store::Waiters;

use crate::support::{
    NOW, TestStore, after, device, done, forwarded, guid, new_device, standing, stores, told, update,
};

#[tokio::test]
async fn waiting_targets_come_in_pages_and_by_device() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 5).await;
        forwarded(&store, 2, 2).await;
        store.record(&[update(1, 2, Event::Sent), update(1, 3, done())], after(1)).await.expect(name);
        let page = store.waiting(guid(1), None, 2).await.expect(name);
        assert_eq!(page, [device(1), device(2)], "{name}: sent and not received still waits");
        let page = store.waiting(guid(1), Some(device(2)), 10).await.expect(name);
        assert_eq!(page, [device(4), device(5)], "{name}");
        let came = store.waiting_for(&[device(2), device(3), device(9)], 10).await.expect(name);
        assert_eq!(came, [(device(2), guid(1)), (device(2), guid(2))], "{name}: the oldest action first");
        assert_eq!(store.waiting_for(&[device(2)], 1).await.expect(name).len(), 1, "{name}");
    }
}

#[tokio::test]
async fn the_offline_are_told_apart_once() {
    let reason = Reason::DeviceOffline { until: Some(after(3_600)) };
    for TestStore { name, store, .. } in stores().await {
        for number in 1..=3 {
            store.put_device(&new_device(number), NOW).await.expect(name);
        }
        store.set_online("ns1", &[(device(2), true)], NOW).await.expect(name);
        forwarded(&store, 1, 4).await;
        let before = store.db().commits();
        for expected in [3, 0] {
            let changed =
                store.waiting_because(guid(1), Waiters::Offline, &reason, after(1)).await.expect(name);
            assert_eq!(changed, expected, "{name}: 1 and 3 are offline, 4 is not known");
        }
        assert_eq!(store.db().commits() - before, 1, "{name}");
        let why = store.target(guid(1), device(1)).await.expect(name).expect(name).why;
        assert_eq!(why, Some(reason.clone()), "{name}");
        assert_eq!(store.target(guid(1), device(2)).await.expect(name).expect(name).why, None, "{name}");
        assert_eq!(told(&store, 1).await.len(), 3 + 3, "{name}");
    }
}

#[tokio::test]
async fn a_device_that_left_before_it_confirmed_is_queued_again() {
    let reason = Reason::DeviceOffline { until: None };
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 3).await;
        store
            .record(&[update(1, 1, Event::Sent), update(1, 2, Event::Received)], after(1))
            .await
            .expect(name);
        let left = [device(1), device(2), device(7)];
        let changed =
            store.waiting_because(guid(1), Waiters::Devices(&left), &reason, after(2)).await.expect(name);
        assert_eq!(changed, 1, "{name}: 2 has it, 7 is no target");
        assert_eq!(standing(&store, 1).await, "queued 2, received 1", "{name}");
        store.record(&[update(1, 1, Event::Sent)], after(3)).await.expect(name);
        let target = store.target(guid(1), device(1)).await.expect(name).expect(name);
        assert_eq!((target.state, target.why), (State::Sent, None), "{name}");
    }
}
