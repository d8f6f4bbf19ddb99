//! What belongs to another tenant is not there. The description of the API is walked, so that no endpoint is forgotten.

use axum::http::Method;
use console_api::{Assignment, ConsoleRole, CreatedApiToken, DeviceGroup, Me, SessionInfo};
use serde_json::{Value, json};

use super::world::World;

#[tokio::test]
async fn the_ids_of_another_tenant_are_not_found_anywhere() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    world.collection(site, 1).await;
    let task_guid = world.ask(&devices).await;
    let me: Me = world.get("/api/v1/me", &world.ann).await.json();
    let token: CreatedApiToken =
        world.post("/api/v1/tokens", &world.ann, &json!({ "name": "x" })).await.json();
    let sessions: Vec<SessionInfo> = world.get("/api/v1/sessions", &world.ann).await.json();
    let group = json!({ "name": "g", "filter": "online = true" });
    let group: DeviceGroup = world.post("/api/v1/device-groups", &world.ann, &group).await.json();
    let role = json!({ "name": "r", "permissions": ["Managed devices / Read"] });
    let role: ConsoleRole = world.post("/api/v1/roles", &world.ann, &role).await.json();
    let assignment = json!({ "role": role.id, "holder": { "type": "user", "user": me.id } });
    let assignment: Assignment = world.post("/api/v1/assignments", &world.ann, &assignment).await.json();
    let webhook = console_api::Webhook {
        id: service::dice::uuid(),
        url: "https://hooks.example".into(),
        types: Vec::new(),
        created: world.clock.now(),
        waiting: 0,
        dead: 0,
    };
    let entry = crate::store::Audit {
        tenant: world.tenant,
        at: world.clock.now(),
        who: "ann".into(),
        source: "192.0.2.1".into(),
        what: "webhook.create",
        subject: webhook.id.to_string(),
        devices: String::new(),
        rule: String::new(),
        result: "done".into(),
    };
    world.store().create_webhook(world.tenant, &webhook, "whsec_", entry).await.expect("stored");
    let zoe = world.other_tenant().await;

    let document: Value = serde_json::from_str(&crate::openapi()).expect("json");
    let mut walked = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        let with_ids = path
            .replace("{site}", &site.to_string())
            .replace("{device}", &devices[0].to_string())
            .replace("{task_guid}", &task_guid.to_string())
            .replace("{user}", &me.id.to_string())
            .replace("{role}", &role.id.to_string())
            .replace("{assignment}", &assignment.id.to_string())
            .replace("{device_group}", &group.id.to_string())
            .replace("{session}", &sessions[0].id.to_string())
            .replace("{webhook}", &webhook.id.to_string())
            .replace("{token}", &token.token.id.to_string());
        assert!(!with_ids.contains('{'), "give `{path}` an id of another tenant here");
        if with_ids == *path {
            continue;
        }
        for (method, operation) in item.as_object().expect("operations") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let body = operation.get("requestBody").map(|_| match &*with_ids {
                path if path.ends_with("triggerConfigurationManagerAction") => {
                    json!({ "configurationManagerAction": { "action": "refreshMachinePolicy" } })
                }
                path if path.contains("/roles/") => {
                    json!({ "name": "z", "permissions": ["Managed devices / Read"] })
                }
                path if path.contains("/device-groups/") => json!({ "name": "z", "filter": "online = true" }),
                path if path.ends_with("/approval") => json!({ "approval": "a.b.c" }),
                path if path.ends_with("/pair") => json!({ "message": "p1.AA.AA.AA" }),
                _ => json!({}),
            });
            let answer = world.call(method.clone(), &with_ids, &zoe, body.as_ref()).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
            answer.problem();
            walked += 1;
        }
    }
    assert!(walked >= 20, "{walked} endpoints with ids were walked");

    for (path, field) in
        [("/api/v1/devices?site=", true), ("/api/v1/actions?site=", true), ("/api/v1/actions?device=", false)]
    {
        let id = if field { site.to_string() } else { devices[0].to_string() };
        let answer = world.get(&format!("{path}{id}"), &zoe).await;
        match field {
            true => assert_eq!(answer.problem().status, 404, "{path}"),
            false => assert_eq!(answer.json::<Value>(), json!({ "items": [] }), "{path}"),
        }
    }
    for body in [
        json!({ "role": role.id, "holder": { "type": "group", "group": "g" } }),
        json!({ "role": "00000000-0000-0000-0000-000000000003", "holder": { "type": "user", "user": me.id } }),
        json!({ "role": "00000000-0000-0000-0000-000000000003", "holder": { "type": "group", "group": "g" }, "sites": [site] }),
        json!({ "role": "00000000-0000-0000-0000-000000000003", "holder": { "type": "group", "group": "g" },
            "device_groups": [group.id] }),
    ] {
        assert_eq!(world.post("/api/v1/assignments", &zoe, &body).await.problem().status, 404, "{body}");
    }
    for body in [json!({ "name": "t", "sites": [site] }), json!({ "name": "t", "device_groups": [group.id] })]
    {
        assert_eq!(world.post("/api/v1/tokens", &zoe, &body).await.problem().status, 404, "{body}");
    }
    assert_eq!(world.get(&format!("/api/v1/sessions?user={}", me.id), &zoe).await.problem().status, 404);
    for target in [
        json!({ "type": "device", "device": devices[0] }),
        json!({ "type": "collection", "site": site, "collection": "SMS00001" }),
    ] {
        let answer = world.post("/api/v1/actions", &zoe, &json!({ "kind": 1, "target": target })).await;
        assert_eq!(answer.problem().status, 404, "{target}");
    }
    for path in ["/api/v1/sites", "/api/v1/tokens", "/api/v1/assignments", "/api/v1/device-groups"] {
        assert_eq!(world.get(path, &zoe).await.json::<Value>(), json!([]), "{path}");
    }
    for path in ["/api/v1/devices", "/api/v1/actions"] {
        assert_eq!(world.get(path, &zoe).await.json::<Value>(), json!({ "items": [] }), "{path}");
    }
    assert_eq!(world.action(task_guid).await.state, action::State::Pending, "nothing was touched");
}
