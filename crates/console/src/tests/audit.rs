//! The audit: who did what to which devices by which rule, in a chain that shows whatever was done to it.

use std::time::Duration;

use console_api::{Asked, AuditCheck, AuditEntry, AuditError, AuditHead};
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn an_action_stands_in_the_audit_with_its_devices_and_the_rule() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 2).await;
        world.ask(&devices).await;
        let entries = export(&world, &world.ann).await;
        let asked = entries.iter().find(|entry| entry.what == "action.create").expect("it is there");
        assert!(asked.devices.contains("shop-0") && asked.devices.contains("shop-1"), "{asked:?}");
        let rule = "Remote tasks / Initiate Configuration Manager action by the role Administrator";
        assert_eq!((&*asked.who, &*asked.rule, &*asked.result), ("ann", rule, "done"), "{}", world.name);
        let salts: std::collections::BTreeSet<_> = entries.iter().map(|entry| &entry.salt).collect();
        assert_eq!(salts.len(), entries.len(), "each entry has a salt of its own");
    }
}

#[tokio::test]
async fn the_receipt_of_an_action_is_the_entry_that_stands_in_the_audit() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        let new = json!({ "kind": "probe", "target": { "type": "device", "device": devices[0] } });
        let asked: Asked = world.post("/api/v1/actions", &world.ann, &new).await.json();
        let receipt = asked.receipt.expect("a receipt");
        world.post("/api/v1/tokens", &world.ann, &json!({ "name": "later" })).await;
        let entries = export(&world, &world.ann).await;
        let entry = entries.iter().find(|entry| entry.number == receipt.number).expect("it is there");
        assert_eq!((entry.what.as_str(), &entry.hash), ("action.create", &receipt.hash), "{}", world.name);
        assert!(entry.subject.contains(&asked.actions[0].task_guid.to_string()), "{entry:?}");
    }
}

#[tokio::test]
async fn what_is_removed_changed_or_moved_is_found() {
    let world = World::new().await;
    for name in ["one", "two", "three"] {
        world.post("/api/v1/tokens", &world.ann, &json!({ "name": name })).await;
    }
    let (head, entries) = (head(&world, &world.ann).await, export(&world, &world.ann).await);
    assert!(check(&head, &entries, None).is_ok());
    let kept = (entries[1].number, entries[1].hash.clone());

    let mut removed = entries.clone();
    removed.remove(1);
    let mut changed = entries.clone();
    changed[1].who = "eve".to_owned();
    let mut moved = entries.clone();
    moved.swap(1, 2);
    let mut cut = entries.clone();
    cut.pop();
    for (name, entries) in [("removed", removed), ("changed", changed), ("moved", moved), ("cut", cut)] {
        assert!(check(&head, &entries, None).is_err(), "{name}");
    }
    let other = World::new().await;
    other.post("/api/v1/tokens", &other.ann, &json!({ "name": "x" })).await;
    let (its_head, its_entries) = (self::head(&other, &other.ann).await, export(&other, &other.ann).await);
    assert!(check(&its_head, &its_entries, None).is_ok(), "a chain that was made anew is whole");
    let told = check(&its_head, &its_entries, Some((kept.0, &kept.1)));
    assert!(matches!(told, Err(AuditError::OtherChain { .. })), "a head that was kept tells: {told:?}");
}

#[tokio::test]
async fn after_the_oldest_entries_are_forgotten_the_rest_can_be_checked() {
    for world in World::each().await {
        world.clock.advance(Duration::from_hours(24));
        let ann = world.sign_in("ann").await;
        world.post("/api/v1/attach-codes", &ann, &json!({})).await;
        world
            .store()
            .sweep(world.clock.now(), Duration::from_hours(1), Duration::from_hours(12))
            .await
            .expect("swept");
        let (head, entries) = (head(&world, &ann).await, export(&world, &ann).await);
        assert!(head.base_number > 0 && !entries.is_empty(), "{}: {head:?}", world.name);
        assert_eq!(entries[0].number, head.base_number + 1, "{}", world.name);
        check(&head, &entries, None).expect("whole");
    }
}

fn check(head: &AuditHead, entries: &[AuditEntry], kept: Option<(u64, &str)>) -> Result<(), AuditError> {
    let mut check = AuditCheck::begin(head, kept)?;
    for entry in entries {
        check.take(entry)?;
    }
    check.end(head)
}

async fn head(world: &World, token: &str) -> AuditHead {
    world.get("/api/v1/audit/head", token).await.json()
}

async fn export(world: &World, token: &str) -> Vec<AuditEntry> {
    let text = world.get("/api/v1/audit/export", token).await.text();
    text.lines().map(|line| serde_json::from_str(line).expect("an entry")).collect()
}
