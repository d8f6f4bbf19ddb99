//! Actions on collections: one row stands for all, devices get rows as the site speaks of them.

use action::{Conclusion, DeviceId, Event, Reason, State, TaskGuid};
use axum::http::StatusCode;
use console_api::Asked;
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_collection_is_one_row_until_the_site_speaks_of_its_devices() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 500).await;
        world.collection(site, 500).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let task_guid =
            ask(&world, json!({ "type": "collection", "site": site, "collection": "SMS00001" })).await;
        let action = world.action(task_guid).await;
        assert_eq!((action.state, action.total), (State::Pending, 0), "{}", world.name);
        assert_eq!(
            serde_json::to_value(&action.target).expect("json"),
            json!({ "type": "collection", "collection": "SMS00001", "name": "All Devices", "at_most": 550 })
        );

        let entries = [
            world.event(task_guid, None, Event::DeliveredToSite { reason: None }),
            world.event(task_guid, None, Event::Authorized { rule: "rule".into() }),
        ];
        world.outbox().apply_events(site, 2, &entries).await.expect("stored");
        assert_eq!(world.action(task_guid).await.state, State::Authorized, "{}", world.name);

        let queued: Vec<_> = devices
            .iter()
            .map(|device| world.event(task_guid, Some(*device), Event::Queued { reason: None }))
            .collect();
        world.outbox().apply_events(site, 502, &queued).await.expect("stored");
        let action = world.action(task_guid).await;
        assert_eq!((action.state, action.total), (State::Queued, 500), "{}", world.name);
        assert_eq!(action.targets.len(), 100, "a page");
        assert!(action.targets[0].name.starts_with("shop-"), "{}", world.name);

        let mut done: Vec<_> = devices[..300]
            .iter()
            .map(|device| {
                let done = Event::Concluded(Conclusion::Done { detail: String::new() });
                world.event(task_guid, Some(*device), done)
            })
            .collect();
        let cancelled = Conclusion::Cancelled { reason: Reason::CancelledBy { who: "ann".into() } };
        done.push(world.event(task_guid, None, Event::Concluded(cancelled)));
        done.push(world.event(task_guid, Some(devices[499]), Event::Sent));
        world.outbox().apply_events(site, 804, &done).await.expect("stored");
        let action = world.action(task_guid).await;
        let counts: Vec<_> = action.counts.into_iter().collect();
        assert_eq!(counts, [("cancelled".to_owned(), 200), ("done".to_owned(), 300)], "{}", world.name);
        assert_eq!((action.state, action.concluded), (State::Cancelled, 500), "{}", world.name);
        assert_eq!(pages(&world, task_guid, "state=cancelled").await, 200, "{}", world.name);
    }
}

#[tokio::test]
async fn a_site_that_refuses_an_action_ends_it_for_all() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 3).await;
        world.collection(site, 3).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let collection =
            json!({ "type": "collection", "site": site, "collection": "SMS00001", "at_most": 5 });
        let named = json!({ "type": "devices", "devices": devices });
        for (upto, target, total) in [(2, collection, 0), (4, named, 3)] {
            let task_guid = ask(&world, target).await;
            let permission = "Collection / Notify Resource".to_owned();
            let reason = Reason::RoleLacksPermission { permission, role: None, grantor: Some("bob".into()) };
            let entries = [
                world.event(task_guid, None, Event::DeliveredToSite { reason: None }),
                world.event(task_guid, None, Event::Concluded(Conclusion::Refused { reason })),
            ];
            world.outbox().apply_events(site, upto, &entries).await.expect("stored");
            let action = world.action(task_guid).await;
            assert_eq!((action.state, action.total), (State::Refused, total), "{}", world.name);
            let why = action.why.expect("a reason");
            assert!(why.text.contains("Collection / Notify Resource") && why.text.contains("bob"), "{why:?}");
        }
    }
}

#[tokio::test]
async fn devices_at_two_sites_are_two_actions_of_one_batch() {
    let world = World::new().await;
    let (one, other) = (world.site(&world.ann, 1).await, world.site(&world.ann, 2).await);
    let mut devices = world.devices(one, 2).await;
    devices.extend(world.devices(other, 1).await);
    let new = json!({ "kind": 1, "target": { "type": "devices", "devices": devices } });
    let asked: Asked = world.post("/api/v1/actions", &world.ann, &new).await.json();
    assert_eq!(asked.actions.len(), 2);
    let batch = asked.batch_id.expect("a batch");
    assert!(asked.actions.iter().all(|action| action.batch_id == Some(batch)));
    let path = format!("/api/v1/actions?batch={batch}");
    let page: console_api::Page<console_api::Action> = world.get(&path, &world.ann).await.json();
    assert_eq!(page.items.len(), 2);

    let new = json!({ "kind": 1, "target": { "type": "devices", "devices": devices },
        "task_guid": "a43dd1b3-a006-4604-b012-5529380b3b6f" });
    let problem = world.post("/api/v1/actions", &world.ann, &new).await.problem();
    assert_eq!((problem.status, problem.field.as_deref()), (422, Some("task_guid")));
}

async fn ask(world: &World, target: serde_json::Value) -> TaskGuid {
    let new = json!({ "kind": "sync-machine-policy", "target": target });
    let answer = world.post("/api/v1/actions", &world.ann, &new).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    answer.json::<Asked>().actions[0].task_guid
}

/// Walks all pages of the targets and returns how many different devices there are.
async fn pages(world: &World, task_guid: TaskGuid, query: &str) -> usize {
    let mut seen = std::collections::BTreeSet::<DeviceId>::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/actions/{task_guid}/targets?{query}&limit=70{after}");
        let page: console_api::Page<console_api::TargetState> = world.get(&path, &world.ann).await.json();
        seen.extend(page.items.iter().map(|target| target.device));
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return seen.len(),
        }
    }
}
