//! Waiting for the end of an action.

use action::{Conclusion, Event, TaskGuid};
use axum::http::StatusCode;
use console_api::{Action, Problem};

use super::world::World;

/// Asks for an action with a wait and says `event` of it meanwhile; returns the state that the answer shows.
async fn state_after(world: &World, task_guid: TaskGuid, wait: u32, events: &[Event]) -> &'static str {
    let device = world.store().targets(world.tenant, task_guid, None, None, 1).await.expect("read")[0].device;
    let site = world.store().action(world.tenant, task_guid).await.expect("read").expect("there").action.site;
    let path = format!("/api/v1/actions/{task_guid}?wait={wait}");
    let say = async {
        for event in events {
            let number = world.store().events_stored(site).await.expect("read") + 1;
            let entries = [world.event(task_guid, Some(device), event.clone())];
            world.outbox().apply_events(site, number, &entries).await.expect("stored");
            // The one that waits sees each of them by itself.
            tokio::task::yield_now().await;
        }
    };
    let (answer, ()) = tokio::join!(world.get(&path, &world.ann), say);
    answer.json::<Action>().state.name()
}

#[tokio::test]
async fn an_answer_comes_when_the_action_has_ended() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let done = Event::Concluded(Conclusion::Done { detail: String::new() });
        let events = [Event::DeliveredToSite { reason: None }, Event::Received, done];
        let task_guid = world.ask(&devices).await;
        let other = world.ask(&devices).await;
        assert_eq!(state_after(&world, task_guid, 25, &events).await, "done", "{}", world.name);
        assert_eq!(state_after(&world, task_guid, 25, &[]).await, "done", "{}: it has ended", world.name);
        assert_eq!(state_after(&world, other, 0, &[]).await, "pending", "{}: no time", world.name);
    }
}

#[tokio::test]
async fn a_wait_is_short_and_for_an_action_that_one_may_see() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    let task_guid = world.ask(&devices).await;
    let answer = world.get(&format!("/api/v1/actions/{task_guid}?wait=26"), &world.ann).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Problem = answer.json();
    assert_eq!(problem.field.as_deref(), Some("wait"), "{problem:?}");
    let unknown = TaskGuid(uuid::Uuid::nil());
    let answer = world.get(&format!("/api/v1/actions/{unknown}?wait=25"), &world.ann).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
