//! Old things go, and only old things.

use std::time::Duration;

use action::{Event, Reason};
use site_store::{Retention, Swept};

use crate::support::{
    NOW, TestStore, after, device, done, forwarded, guid, new_device, notification, standing, stores, told,
    update,
};

const DAY: u64 = 24 * 3_600;

#[tokio::test]
async fn what_ended_long_ago_goes_whole_and_what_is_open_stays() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 2).await;
        forwarded(&store, 2, 2).await;
        store.take_notification(&notification(3)).await.expect(name);
        store
            .refuse(
                guid(3),
                &Reason::UserUnknownToSite { discovers: Vec::new(), grantor: None },
                None,
                after(10),
            )
            .await
            .expect(name);
        store.record(&[update(1, 1, done()), update(1, 2, done())], after(10)).await.expect(name);
        store.record(&[update(2, 1, done()), update(2, 2, Event::Received)], after(10)).await.expect(name);
        let events = store.events_after(0, 100).await.expect(name).len() as u64;
        store.events_reported(4).await.expect(name);

        let retention = Retention::default();
        assert_eq!(store.sweep(&retention, after(30 * DAY)).await.expect(name), Swept::default(), "{name}");
        let swept = store.sweep(&retention, after(30 * DAY + 11)).await.expect(name);
        assert_eq!((swept.actions, swept.events), (2, 5 + 2), "{name}");
        assert_eq!(swept.unreported, 2 + 2, "{name}: the console never had these");
        assert_eq!((told(&store, 1).await.len(), told(&store, 3).await.len()), (0, 0), "{name}");
        assert_eq!(standing(&store, 1).await, "", "{name}");
        assert_eq!(standing(&store, 2).await, "received 1, done 1", "{name}");
        assert_eq!(store.events_after(0, 100).await.expect(name).len() as u64, events - 7, "{name}");
        forwarded(&store, 1, 1).await;
    }
}

#[tokio::test]
async fn history_is_bounded_by_count_too_and_the_oldest_goes_first() {
    for TestStore { name, store, .. } in stores().await {
        for action in 1..=10 {
            forwarded(&store, action, 1).await;
        }
        let retention = Retention { events: 8, ..Retention::default() };
        let swept = store.sweep(&retention, after(1)).await.expect(name);
        assert_eq!((swept.events, swept.unreported), (22, 22), "{name}");
        let left: Vec<u64> =
            store.events_after(0, 100).await.expect(name).iter().map(|(number, _)| *number).collect();
        assert_eq!(left, (23..=30).collect::<Vec<_>>(), "{name}");
        assert_eq!(store.sweep(&retention, after(1)).await.expect(name), Swept::default(), "{name}");
    }
}

#[tokio::test]
async fn more_than_one_batch_goes_in_one_sweep() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 10_500).await;
        store.cancel(guid(1), "ada", after(1)).await.expect(name);
        let updates: Vec<_> = (1..=10_500).map(|number| update(1, number, done())).collect();
        store.record(&updates, after(1)).await.expect(name);
        let swept = store.sweep(&Retention::default(), after(31 * DAY)).await.expect(name);
        assert_eq!((swept.actions, swept.events), (1, 10_500 + 4), "{name}");
        assert_eq!(store.push_message(guid(1)).await.expect(name), None, "{name}");
    }
}

#[tokio::test]
async fn removed_devices_are_forgotten_and_a_reader_can_tell() {
    for TestStore { name, store, .. } in stores().await {
        for number in 1..=3 {
            store.put_device(&new_device(number), NOW).await.expect(name);
        }
        store.remove_device(device(1), NOW).await.expect(name);
        store.remove_device(device(2), after(20 * DAY)).await.expect(name);
        let removal = store.device_changes(0, 100).await.expect(name);
        assert_eq!(removal.removed, [device(1), device(2)], "{name}");
        assert_eq!(store.devices_forgotten().await.expect(name), 0, "{name}");

        let swept = store.sweep(&Retention::default(), after(31 * DAY)).await.expect(name);
        assert_eq!(swept.devices, 1, "{name}");
        assert_eq!(store.device_changes(0, 100).await.expect(name).removed, [device(2)], "{name}");
        let forgotten = store.devices_forgotten().await.expect(name);
        assert!(forgotten > 0 && forgotten < removal.upto, "{name}: {forgotten}");
    }
}

#[tokio::test]
async fn content_is_bounded_by_its_size_and_the_oldest_goes_first() {
    for TestStore { name, store, .. } in stores().await {
        for (number, at) in [("a", 1), ("b", 2), ("c", 3)] {
            assert!(store.put_content(number, &[7; 1_000], after(at)).await.expect(name), "{name}");
        }
        let retention =
            Retention { content_bytes: 2_000, keep: Duration::from_secs(1), ..Retention::default() };
        assert_eq!(store.sweep(&retention, after(9)).await.expect(name).content, 1, "{name}");
        assert_eq!(store.content("a").await.expect(name), None, "{name}");
        assert_eq!(store.content("b").await.expect(name), Some(vec![7; 1_000]), "{name}");
        let large = vec![0; site_store::LARGEST_CONTENT + 1];
        assert!(!store.put_content("large", &large, NOW).await.expect(name), "{name}: too large to be kept");
    }
}
