//! Withdrawing an action, and actions whose time is over.

use std::time::Duration;

use action::{Conclusion, Event, Reason, State};
use console_api::CancelledAction;
use serde_json::json;

use super::world::World;
use crate::store::Sending;

#[tokio::test]
async fn before_the_site_is_told_the_console_ends_it() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 2).await;
        let task_guid = world.ask(&devices).await;
        let path = format!("/api/v1/actions/{task_guid}/cancel");
        let cancelled: CancelledAction = world.post(&path, &world.ann, &json!({})).await.json();
        assert!(cancelled.ended, "{}", world.name);
        assert_eq!(cancelled.action.state, State::Cancelled);
        let action = world.action(task_guid).await;
        assert_eq!((action.concluded, action.why.expect("a reason").text), (2, "cancelled by ann".into()));
        assert_eq!(action.history.last().map(|entry| entry.event), Some(State::Cancelled));
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        assert_eq!(world.outbox().next_requests(site, 0, 10).await.expect("the store works"), []);
        let problem = world.post(&path, &world.ann, &json!({})).await.problem();
        assert_eq!((problem.status, problem.word()), (409, "ended-already"));
    }
}

#[tokio::test]
async fn after_the_site_is_told_only_the_site_ends_it() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        let task_guid = world.ask(&devices).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let path = format!("/api/v1/actions/{task_guid}/cancel");
        for _ in 0..2 {
            let cancelled: CancelledAction = world.post(&path, &world.ann, &json!({})).await.json();
            assert!(!cancelled.ended, "{}", world.name);
            assert_eq!(cancelled.action.state, State::Pending);
        }
        let sent = world.outbox().next_requests(site, 0, 10).await.expect("the store works");
        let kinds: Vec<_> = sent.iter().map(|sent| matches!(sent.sending, Sending::Cancel { .. })).collect();
        assert_eq!(kinds, [false, true], "{}: the request, then one withdrawal", world.name);

        let reason = Reason::CancelledBy { who: "ann".into() };
        let entries = [
            world.event(task_guid, None, Event::DeliveredToSite { reason: None }),
            world.event(task_guid, None, Event::Concluded(Conclusion::Cancelled { reason })),
        ];
        world.outbox().apply_events(site, 2, &entries).await.expect("stored");
        assert_eq!(
            world.outbox().next_requests(site, 0, 10).await.expect("the store works"),
            [],
            "both are over"
        );
        assert_eq!(world.action(task_guid).await.state, State::Cancelled);
    }
}

#[tokio::test]
async fn an_action_that_no_site_was_told_of_ends_at_its_time() {
    for mut world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        let overdue = world.ask(&devices).await;
        world.clock.advance(Duration::from_hours(24));
        world.ann = world.sign_in("ann").await;
        assert_eq!(world.store().expire(world.clock.now()).await.expect("the store works"), 1);
        let action = world.action(overdue).await;
        assert_eq!(action.state, State::Expired, "{}", world.name);
        assert_eq!(action.why.map(|why| why.reason).as_deref(), Some("not_delivered_in_time"));
        assert_eq!(world.store().expire(world.clock.now()).await.expect("the store works"), 0);
    }
}

#[tokio::test]
async fn an_action_that_a_site_was_told_of_is_never_ended_by_the_console() {
    for mut world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let offered = world.ask(&devices).await;
        world.outbox().link_down(site, world.clock.now()).await.expect("stored");
        world.clock.advance(Duration::from_hours(48));
        world.ann = world.sign_in("ann").await;
        assert_eq!(world.store().expire(world.clock.now()).await.expect("the store works"), 0);
        assert_eq!(world.action(offered).await.state, State::Pending, "{}", world.name);
    }
}

#[tokio::test]
async fn what_is_overdue_when_the_connector_comes_back_is_not_sent() {
    for mut world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        let overdue = world.ask(&devices).await;
        world.clock.advance(Duration::from_hours(25));
        world.ann = world.sign_in("ann").await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        assert_eq!(world.outbox().next_requests(site, 0, 10).await.expect("the store works"), []);
        world.store().expire(world.clock.now()).await.expect("the store works");
        assert_eq!(world.action(overdue).await.state, State::Expired, "{}", world.name);
    }
}
