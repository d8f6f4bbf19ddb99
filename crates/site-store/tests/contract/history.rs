//! The history, as the connector reports it upward.

use action::{DeviceId, Event};
use site_store::{Aim, Forward};
use tokio::task::JoinSet;

use crate::support::{
    NOW, TestStore, after, allowed, device, done, forwarded, notification, stores, told, update,
};

#[tokio::test]
async fn events_are_read_in_order_from_where_the_reader_was() {
    for TestStore { name, store, .. } in stores().await {
        forwarded(&store, 1, 2).await;
        let first = store.events_after(0, 2).await.expect(name);
        let rest = store.events_after(first[1].0, 100).await.expect(name);
        assert_eq!((first.len(), rest.len()), (2, 1), "{name}");
        let last = rest[0].0;
        store.record(&[update(1, 2, Event::Sent), update(1, 1, done())], after(1)).await.expect(name);
        let new = store.events_after(last, 100).await.expect(name);
        let devices: Vec<Option<DeviceId>> = new.iter().map(|(_, entry)| entry.device).collect();
        assert_eq!(
            devices,
            [Some(device(2)), Some(device(1))],
            "{name}: in the order in which they were reported"
        );
        assert!(new[0].0 > last && new[1].0 > new[0].0, "{name}");
    }
}

#[tokio::test]
async fn the_reported_place_only_moves_forward() {
    for TestStore { name, store, .. } in stores().await {
        assert_eq!(store.reported().await.expect(name), 0, "{name}");
        for upto in [3, 2, 10, 9] {
            store.events_reported(upto).await.expect(name);
        }
        assert_eq!(store.reported().await.expect(name), 10, "{name}");
    }
}

#[tokio::test]
async fn the_console_learns_the_devices_of_a_collection_and_not_those_that_it_named() {
    for TestStore { name, store, .. } in stores().await {
        store.take_notification(&notification(1)).await.expect(name);
        let collection = Forward { aim: Aim::Collection, ..allowed(1) };
        store.forward(&collection, &[device(2), device(5)], &[], NOW).await.expect(name);
        let told = told(&store, 1).await;
        assert_eq!(told[2..], ["2 service_connector queued", "5 service_connector queued"], "{name}");
    }
}

/// A reader that goes on from the highest number it saw must not miss a lower one that was committed later.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_beside_many_writers_misses_nothing() {
    const WRITERS: u64 = 8;
    const EACH: u64 = 15;
    for TestStore { name, store, .. } in stores().await {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            writers.spawn(async move {
                for step in 0..EACH {
                    store.take_notification(&notification(writer * EACH + step)).await.expect("takes");
                }
            });
        }
        let mut seen = Vec::new();
        let mut at = 0;
        while (seen.len() as u64) < WRITERS * EACH {
            let page = store.events_after(at, 7).await.expect(name);
            at = page.last().map_or(at, |(number, _)| *number);
            seen.extend(page.into_iter().map(|(_, entry)| entry.task_guid));
            if writers.is_empty() && store.events_after(at, 1).await.expect(name).is_empty() {
                break;
            }
            while writers.try_join_next().is_some() {}
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len() as u64, WRITERS * EACH, "{name}");
    }
}
