//! The Microsoft Graph shapes.

use action::{Conclusion, Event};
use console_api::{GraphDevices, ManagedDevice};
use serde_json::json;

use super::world::World;

const LIST: &str = "/v1.0/deviceManagement/managedDevices";

#[tokio::test]
async fn a_script_for_graph_finds_its_devices_and_acts() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    world.devices(site, 12).await;
    world.outbox().link_up(site, world.clock.now()).await.expect("stored");

    let mut path = format!("{LIST}?$top=5&$filter=startswith(deviceName,'shop-')");
    let mut found = Vec::new();
    loop {
        let page: GraphDevices = world.get(&path, &world.ann).await.json();
        found.extend(page.value);
        match page.next_link {
            Some(next) => path = next.strip_prefix("https://console.example").expect("absolute").to_owned(),
            None => break,
        }
    }
    assert_eq!(found.len(), 12);
    let page: GraphDevices =
        world.get(&format!("{LIST}?$filter=deviceName%20eq%20'shop-3'"), &world.ann).await.json();
    assert_eq!(page.value.len(), 1);
    let id = &page.value[0].id;

    let trigger = format!("{LIST}/{id}/triggerConfigurationManagerAction");
    let body = json!({ "configurationManagerAction": { "action": "refreshMachinePolicy" } });
    let answer = world.post(&trigger, &world.ann, &body).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));

    let shown: ManagedDevice = world.get(&format!("{LIST}/{id}"), &world.ann).await.json();
    let results = shown.device_action_results.expect("results");
    assert_eq!(
        (&*results[0].action_name, &*results[0].action_state, &*results[0].action_delivery_status),
        ("refreshMachinePolicy", "pending", "pendingDelivery")
    );
    let task_guid = results[0].task_guid.parse().expect("an id");
    let device = id.parse().expect("an id");
    let entries = [
        world.event(task_guid, None, Event::DeliveredToSite { reason: None }),
        world.event(task_guid, Some(device), Event::Concluded(Conclusion::Done { detail: String::new() })),
    ];
    world.outbox().apply_events(site, 2, &entries).await.expect("stored");
    let shown: ManagedDevice = world.get(&format!("{LIST}/{id}"), &world.ann).await.json();
    let results = shown.device_action_results.expect("results");
    assert_eq!(
        (&*results[0].action_state, &*results[0].action_delivery_status),
        ("done", "deliveredToOnPremisesServer")
    );
}

#[tokio::test]
async fn errors_are_also_written_as_graph_does() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    let trigger = format!("{LIST}/{}/triggerConfigurationManagerAction", devices[0]);
    for (path, body, status, code) in [
        (&*trigger, json!({ "configurationManagerAction": { "action": "format" } }), 422, "BadRequest"),
        (&*trigger, json!({}), 422, "BadRequest"),
        ("/v1.0/nothing", json!({}), 404, "ResourceNotFound"),
    ] {
        let problem = world.post(path, &world.ann, &body).await.problem();
        assert_eq!(problem.status, status, "{path}");
        let error = problem.error.expect("Graph's member");
        assert_eq!(error.code, code, "{path}");
        assert!(!error.message.is_empty());
    }
    let problem = world.get(&format!("{LIST}?$filter=serialNumber%20gt%20'x'"), &world.ann).await.problem();
    assert_eq!(problem.field.as_deref(), Some("$filter"));
}
