//! Devices: uploaded in rounds, kept right by a checksum, looked up.

use std::collections::BTreeSet;

use action::SiteId;
use console_api::{Device, Page};
use serde_json::json;
use site_link::{DeviceBatch, Part};

use super::world::{World, checksum, device};
use crate::store::UploadApplied;

#[tokio::test]
async fn a_round_replaces_what_was_there() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        world.devices(site, 10).await;
        let kept: Vec<_> = (5..12).map(|number| device(site, number)).collect();
        let (one, other) = kept.split_at(3);
        apply(&world, site, 20, Part::FullStart, one, false).await;
        assert_eq!(world.outbox().devices_stored(site).await.expect("the store works"), 1, "not whole yet");
        apply(&world, site, 20, Part::FullEnd, other, true).await;
        assert_eq!(names(&world, "").await.len(), 7, "{}", world.name);
        assert_eq!(world.outbox().devices_stored(site).await.expect("the store works"), 20);
    }
}

#[tokio::test]
async fn a_device_that_is_missing_is_found_by_the_checksum() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        world.devices(site, 3).await;
        let mut changed = device(site, 0);
        changed.online = !changed.online;
        let mut all = vec![changed.clone(), device(site, 1), device(site, 2)];
        let batch = |devices, theirs: &[site_link::Device]| DeviceBatch {
            seq: 2,
            part: Part::Changes,
            devices,
            removed: Vec::new(),
            checksum: Some(checksum(theirs)),
        };
        let applied = world.outbox().apply_devices(site, &batch(vec![changed.clone()], &all)).await;
        assert_eq!(applied.expect("stored"), Some(UploadApplied { seq: 2, resync: false }), "{}", world.name);
        all.push(device(site, 3));
        let applied = world.outbox().apply_devices(site, &batch(vec![changed], &all)).await;
        assert_eq!(applied.expect("stored"), Some(UploadApplied { seq: 2, resync: true }), "{}", world.name);
    }
}

#[tokio::test]
async fn devices_are_removed_and_searched_and_come_in_pages() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 25).await;
        let batch = DeviceBatch {
            seq: 2,
            part: Part::Changes,
            devices: Vec::new(),
            removed: vec![devices[0]],
            checksum: None,
        };
        world.outbox().apply_devices(site, &batch).await.expect("stored");
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        for (query, count) in [
            ("", 24),
            ("&search=SHOP-1", 11),
            ("&search=%25", 0),
            ("&filter=name%20%3D%20%22shop-7%22", 1),
            ("&filter=online%20%3D%20true%20and%20not%20name%20startsWith%20%22shop-2%22", 8),
            ("&filter=os%20contains%20%22debian%22%20and%20resource%20%3C%3D%205", 4),
            ("&filter=site%20%3D%20%22Story%22", 24),
            (&format!("&site={site}"), 24),
        ] {
            assert_eq!(names(&world, query).await.len(), count, "{}: {query}", world.name);
        }
        let shown: Device = world.get(&format!("/api/v1/devices/{}", devices[1]), &world.ann).await.json();
        assert_eq!((&*shown.name, shown.resource_id, shown.online), ("shop-1", 2, false));
        let problem = world.get("/api/v1/devices?filter=nam%20%3D%201", &world.ann).await.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (422, Some("filter")));
        assert!(problem.detail.contains("`nam`") && problem.detail.contains("character 1"), "{problem:?}");
    }
}

#[tokio::test]
async fn what_a_site_mirrors_is_shown() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let collections = format!("/api/v1/sites/{site}/collections");
    assert_eq!(world.get(&collections, &world.ann).await.json::<serde_json::Value>(), json!([]));
    world.collection(site, 4).await;
    let commits = world.store().commits();
    world.collection(site, 4).await;
    assert_eq!(world.store().commits(), commits, "the same again writes nothing");
    let shown: Vec<console_api::Collection> = world.get(&collections, &world.ann).await.json();
    assert_eq!((&*shown[0].id, shown[0].count), ("SMS00001", 4));
}

async fn apply(world: &World, site: SiteId, seq: u64, part: Part, devices: &[site_link::Device], last: bool) {
    let all: Vec<_> = (5..12).map(|number| device(site, number)).collect();
    let checksum = last.then(|| checksum(&all));
    let batch = DeviceBatch { seq, part, devices: devices.to_vec(), removed: Vec::new(), checksum };
    let applied = world.outbox().apply_devices(site, &batch).await.expect("stored").expect("attached");
    assert_eq!(applied, UploadApplied { seq, resync: false }, "{}", world.name);
}

/// Walks all pages and returns the names.
async fn names(world: &World, query: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut after = String::new();
    loop {
        let answer = world.get(&format!("/api/v1/devices?limit=10{query}{after}"), &world.ann).await;
        let page: Page<Device> = answer.json();
        for device in page.items {
            assert!(names.insert(device.name), "a device came twice");
        }
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return names,
        }
    }
}
