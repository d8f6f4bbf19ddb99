//! Live changes.

use action::{Conclusion, Event};
use axum::{
    body::{Body, BodyDataStream},
    http::{Request, header},
};
use console_api::{Change, LiveChange};
use futures_util::StreamExt as _;

use super::world::World;

#[tokio::test]
async fn a_page_that_lost_its_connection_misses_nothing() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let seen = world.store().last_change(world.tenant).await.expect("the store works");
        let task_guid = world.ask(&devices).await;
        let done = Event::Concluded(Conclusion::Done { detail: String::new() });
        let entries = [
            world.event(task_guid, None, Event::DeliveredToSite),
            world.event(task_guid, Some(devices[0]), Event::Received),
            world.event(task_guid, Some(devices[0]), done),
        ];
        world.outbox().apply_events(site, 3, &entries).await.expect("stored");

        let changes = follow(&world, Some(seen), 2).await;
        let told: Vec<_> = changes
            .iter()
            .map(|live| match &live.change {
                Change::Action(change) => {
                    (live.id - seen, change.task_guid == task_guid, change.state.name())
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, [(1, true, "pending"), (2, true, "done")], "{}", world.name);
    }
}

#[tokio::test]
async fn a_change_wakes_who_follows() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    let mut stream = open(&world, None).await;
    // The first of the two waits for a change before the second makes one.
    let (changes, task_guid) = tokio::join!(read(&mut stream, 1), world.ask(&devices));
    assert!(
        matches!(&changes[0].change, Change::Action(change) if change.task_guid == task_guid),
        "{changes:?}"
    );
}

#[tokio::test]
async fn what_is_no_longer_kept_is_a_reset() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    world.devices(site, 1).await;
    world.clock.advance(std::time::Duration::from_hours(2));
    world
        .store()
        .sweep(world.clock.now(), std::time::Duration::from_hours(2160), crate::Config::KEEP_AUDIT)
        .await
        .expect("swept");
    for seen in [0, 1_000_000] {
        let changes = follow(&world, Some(seen), 1).await;
        let last = world.store().last_change(world.tenant).await.expect("the store works");
        assert_eq!(changes, [LiveChange { id: last, change: Change::Reset }], "after {seen}");
    }
}

/// Follows the tenant's changes until there were `count`.
async fn follow(world: &World, after: Option<u64>, count: usize) -> Vec<LiveChange> {
    read(&mut open(world, after).await, count).await
}

async fn open(world: &World, after: Option<u64>) -> BodyDataStream {
    // The session of the administrator may be over by the test's clock.
    let token = world.sign_in("ann").await;
    let mut request = Request::get("/api/v1/events").header(header::AUTHORIZATION, format!("Bearer {token}"));
    if let Some(after) = after {
        request = request.header("last-event-id", after.to_string());
    }
    let response = world.answer(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    response.into_body().into_data_stream()
}

async fn read(stream: &mut BodyDataStream, count: usize) -> Vec<LiveChange> {
    let mut text = String::new();
    let mut changes = Vec::new();
    while changes.len() < count {
        let part = stream.next().await.expect("the stream goes on").expect("bytes");
        text.push_str(std::str::from_utf8(&part).expect("text"));
        while let Some((event, rest)) = text.split_once("\n\n") {
            let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if let (Some(id), Some(data)) = (line("id:"), line("data:")) {
                let change = serde_json::from_str(data).expect("a change");
                changes.push(LiveChange { id: id.parse().expect("a number"), change });
            }
            text = rest.to_owned();
        }
    }
    changes
}
