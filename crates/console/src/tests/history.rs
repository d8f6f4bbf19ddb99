//! Lists of actions, their pages, and what is forgotten.

use std::{collections::BTreeSet, time::Duration};

use action::{Conclusion, Event, TaskGuid};
use console_api::{Action, HistoryEntry, Page};

use super::world::World;

#[tokio::test]
async fn actions_come_in_pages_the_newest_first() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 2).await;
        let mut asked = Vec::new();
        for number in 0..7 {
            asked.push(world.ask(&devices[..1 + number % 2]).await);
            if number % 3 == 0 {
                world.clock.advance(Duration::from_secs(1));
            }
        }
        let path = format!("/api/v1/actions?limit=2&site={site}");
        let all = walk(&world, &path).await;
        assert_eq!(all.len(), 7, "{}", world.name);
        assert_eq!(all.iter().collect::<BTreeSet<_>>(), asked.iter().collect(), "{}", world.name);
        let path = format!("/api/v1/actions?limit=2&device={}&open=true", devices[1]);
        assert_eq!(walk(&world, &path).await.len(), 3, "{}", world.name);
        assert_eq!(walk(&world, "/api/v1/actions?limit=2&open=false").await.len(), 0);
    }
}

#[tokio::test]
async fn history_is_shown_by_device_and_in_pages() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 2).await;
        let task_guid = world.ask(&devices).await;
        let mut entries = vec![world.event(task_guid, None, Event::DeliveredToSite { reason: None })];
        for device in &devices {
            entries.push(world.event(task_guid, Some(*device), Event::Queued { reason: None }));
            entries.push(world.event(task_guid, Some(*device), Event::Sent));
        }
        world.outbox().apply_events(site, 5, &entries).await.expect("stored");
        let path = format!("/api/v1/actions/{task_guid}/history?limit=4");
        let first: Page<HistoryEntry> = world.get(&path, &world.ann).await.json();
        let next = first.next.expect("more");
        let second: Page<HistoryEntry> = world.get(&format!("{path}&after={next}"), &world.ann).await.json();
        assert_eq!((first.items.len(), second.items.len(), second.next), (4, 2, None), "{}", world.name);
        let path = format!("/api/v1/actions/{task_guid}/history?device={}", devices[0]);
        let of_device: Page<HistoryEntry> = world.get(&path, &world.ann).await.json();
        let told: Vec<_> = of_device.items.iter().map(|entry| entry.event.name()).collect();
        assert_eq!(told, ["pending", "delivered_to_site", "queued", "sent"], "{}", world.name);
    }
}

#[tokio::test]
async fn what_ended_long_ago_is_forgotten_and_what_is_open_is_not() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        world.outbox().link_up(site, world.clock.now()).await.expect("stored");
        let (ended, open) = (world.ask(&devices).await, world.ask(&devices).await);
        let done = Event::Concluded(Conclusion::Done { detail: String::new() });
        let entries = [
            world.event(ended, None, Event::DeliveredToSite { reason: None }),
            world.event(ended, Some(devices[0]), done),
        ];
        world.outbox().apply_events(site, 2, &entries).await.expect("stored");
        let quarter = Duration::from_hours(90 * 24);
        world.store().sweep(world.clock.now(), quarter, crate::Config::KEEP_AUDIT).await.expect("swept");
        assert_eq!(world.action(ended).await.history.len(), 3, "{}", world.name);
        world.clock.advance(quarter + Duration::from_secs(1));
        assert!(
            !world.store().sweep(world.clock.now(), quarter, crate::Config::KEEP_AUDIT).await.expect("swept")
        );
        let kept = world.store().actions_by_id(world.tenant, &[ended, open]).await.expect("the store works");
        let kept: Vec<_> = kept.iter().map(|row| row.action.task_guid).collect();
        assert_eq!(kept, [open], "{}", world.name);
    }
}

async fn walk(world: &World, path: &str) -> Vec<TaskGuid> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page: Page<Action> = world.get(&format!("{path}{after}"), &world.ann).await.json();
        let in_order = page.items.windows(2).all(|pair| pair[0].asked_at >= pair[1].asked_at);
        assert!(in_order, "{}", world.name);
        found.extend(page.items.iter().map(|action| action.task_guid));
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}
