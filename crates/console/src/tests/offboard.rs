//! The end of an attachment, and attaching again.

use action::{Event, State};
use axum::http::StatusCode;
use console_api::{Site, SiteState};
use serde_json::json;
use site_link::{AttachCode, DeviceBatch, Part};

use super::world::World;
use crate::store::AttachOutcome;

#[tokio::test]
async fn offboarding_ends_what_is_open_and_forgets_the_devices() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 2).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let open = world.ask(&devices).await;
        let entries = [world.event(open, None, Event::DeliveredToSite { reason: None })];
        world.outbox().apply_events(site, 1, &entries).await.expect("stored");

        let path = format!("/api/v1/sites/{site}/offboard");
        let shown: Site = world.post(&path, &world.ann, &json!({})).await.json();
        assert_eq!(
            (shown.state, shown.devices, shown.link.up),
            (SiteState::Offboarded, 0, false),
            "{}",
            world.name
        );
        let action = world.action(open).await;
        assert_eq!((action.state, action.concluded), (State::Failed, 2), "{}", world.name);
        assert_eq!(action.why.map(|why| why.reason).as_deref(), Some("site_not_attached"));
        assert!(!world.outbox().site(site).await.expect("the store works").expect("known").attached);
        let batch =
            DeviceBatch { seq: 9, part: Part::Changes, devices: vec![], removed: vec![], checksum: None };
        assert_eq!(world.outbox().apply_devices(site, &batch).await.expect("the store works"), None);

        assert_eq!(world.site(&world.ann, 1).await, site, "{}: attached again at once", world.name);
        world.devices(site, 2).await;
        world.ask(&devices).await;
    }
}

#[tokio::test]
async fn a_code_attaches_one_site_once() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let made = world.post("/api/v1/attach-codes", &world.ann, &json!({})).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let code: AttachCode = made.json::<console_api::AttachCode>().code.parse().expect("a code");
        let other = action::SiteId(uuid::Uuid::from_u128(99));
        assert_eq!(world.attach(&code, site, 1).await, AttachOutcome::AlreadyAttached, "{}", world.name);
        assert_eq!(world.attach(&code, other, 3).await, AttachOutcome::Attached, "{}", world.name);
        assert_eq!(world.attach(&code, other, 3).await, AttachOutcome::Attached, "its answer was lost");
        assert_eq!(world.attach(&code, site, 1).await, AttachOutcome::CodeNotValid, "{}", world.name);
        assert_eq!(world.attach(&code, other, 4).await, AttachOutcome::AlreadyAttached, "another key");

        let late: AttachCode = {
            let made = world.post("/api/v1/attach-codes", &world.ann, &json!({})).await;
            made.json::<console_api::AttachCode>().code.parse().expect("a code")
        };
        world.clock.advance(std::time::Duration::from_hours(1));
        let third = action::SiteId(uuid::Uuid::from_u128(100));
        assert_eq!(world.attach(&late, third, 5).await, AttachOutcome::CodeNotValid, "{}", world.name);
    }
}
