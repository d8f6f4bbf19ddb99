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
            world.event(task_guid, None, Event::DeliveredToSite { reason: None }),
            world.event(task_guid, Some(devices[0]), Event::Received),
            world.event(task_guid, Some(devices[0]), done),
        ];
        world.outbox().apply_events(site, 3, &entries).await.expect("stored");

        let changes = follow(&world, Some(seen), 1).await;
        let told: Vec<_> = changes
            .iter()
            .map(|live| match &live.change {
                Change::Action(change) => {
                    (live.id - seen, change.task_guid == task_guid, change.state.name())
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, [(2, true, "done")], "{}: what happened meanwhile is joined", world.name);
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

#[tokio::test]
async fn a_session_has_its_share_of_streams_and_gets_it_back() {
    let world = World::new().await;
    let token = world.sign_in("ann").await;
    let follow = async || {
        let request = Request::get("/api/v1/events").header(header::AUTHORIZATION, format!("Bearer {token}"));
        world.answer(request.body(Body::empty()).expect("a request")).await
    };
    let mut open = Vec::new();
    let mut refused = 0;
    for _ in 0..10_000 {
        let answer = follow().await;
        match answer.status().as_u16() {
            200 => open.push(answer),
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((open.len(), refused), (8, 9_992));
    drop(open);
    assert_eq!(follow().await.status(), 200);
}

/// A thousand people look on; one of them reads the store for all.
#[tokio::test]
async fn a_thousand_viewers_hear_of_one_change() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    let feeds = world.console.feeds();
    let after = world.store().last_change(world.tenant).await.expect("the store works");
    world.ask(&devices).await;
    let before = world.store().change_reads();
    let looks = (0..1_000).map(|_| feeds.after(world.store(), world.tenant, after));
    let looks = futures_util::future::join_all(looks).await;
    assert!(looks.iter().all(|look| look.as_ref().is_ok_and(|changes| changes.len() == 1)));
    assert_eq!(world.store().change_reads() - before, 1);
    // Who was further behind reads for themselves.
    let behind = feeds.after(world.store(), world.tenant, 0).await.expect("the store works");
    assert_eq!(behind.len() as u64, after + 1);
}

/// A fleet that changes a thousand times is a few events for who was away, and for who reads slowly.
#[tokio::test]
async fn a_viewer_who_was_away_gets_what_is_not_what_was() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 2).await;
    let seen = world.store().last_change(world.tenant).await.expect("the store works");
    for number in 0..300 {
        let changed = super::world::device(site, number);
        let batch = site_link::DeviceBatch {
            seq: u64::from(number) + 2,
            part: site_link::Part::Changes,
            devices: vec![changed],
            removed: Vec::new(),
            checksum: None,
        };
        world.outbox().apply_devices(site, &batch).await.expect("stored");
    }
    let task_guid = world.ask(&devices).await;
    let last = world.store().last_change(world.tenant).await.expect("the store works");
    let changes = follow(&world, Some(seen), 2).await;
    assert_eq!(changes[0].id, seen, "a browser that is cut here gets all of it again");
    assert_eq!(changes[1].id, last);
    assert!(
        matches!(&changes[0].change, Change::Devices(devices) if devices.devices.len() == 100 && devices.more)
    );
    assert!(matches!(&changes[1].change, Change::Action(action) if action.task_guid == task_guid));
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
