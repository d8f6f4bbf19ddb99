//! Roles, assignments, device groups and limited tokens: what is given holds where it was given, and nowhere else.

use axum::http::Method;
use console_api::{
    Assignment, ConsoleRole, CreatedApiToken, CreatedUser, Device, DeviceGroup, Me, Page, PermissionInfo,
    Site,
};
use serde_json::{Value, json};

use super::world::{PASSWORD, World};

const ACT: &str = "Remote tasks / Initiate Configuration Manager action";
const READ: &str = "Managed devices / Read";

#[tokio::test]
async fn a_role_on_a_device_group_reaches_its_devices_only() {
    for world in World::each().await {
        let (near, far) = (world.site(&world.ann, 1).await, world.site(&world.ann, 2).await);
        let (devices, others) = (world.devices(near, 3).await, world.devices(far, 1).await);
        let group = json!({ "name": "First", "filter": "name = \"shop-1\"" });
        let group: DeviceGroup = world.post("/api/v1/device-groups", &world.ann, &group).await.json();
        let ben = person(&world, "ben").await;
        let role = role(&world, "Shops", &[READ, ACT, "Sites / Read"]).await;
        assign(&world, &role, &ben.0, json!([near]), json!([group.id])).await;
        let token = &ben.1;

        let seen: Page<Device> = world.get("/api/v1/devices", token).await.json();
        assert_eq!(
            seen.items.iter().map(|device| device.id).collect::<Vec<_>>(),
            [devices[1]],
            "{}",
            world.name
        );
        let sites: Vec<Site> = world.get("/api/v1/sites", token).await.json();
        assert_eq!(sites.iter().map(|site| site.id).collect::<Vec<_>>(), [near], "{}", world.name);
        for (path, status) in [
            (format!("/api/v1/devices/{}", devices[1]), 200),
            (format!("/api/v1/devices/{}", devices[0]), 404),
            (format!("/api/v1/devices/{}", others[0]), 404),
            (format!("/v1.0/deviceManagement/managedDevices/{}", devices[0]), 404),
            (format!("/api/v1/devices?site={far}"), 404),
            (format!("/api/v1/sites/{far}"), 404),
            ("/api/v1/attach-codes".to_owned(), 405),
        ] {
            assert_eq!(world.get(&path, token).await.status, status, "{} {path}", world.name);
        }
        for (target, status) in [
            (json!({ "type": "device", "device": devices[1] }), 202),
            (json!({ "type": "devices", "devices": [devices[1], devices[0]] }), 404),
            (json!({ "type": "device", "device": others[0] }), 404),
        ] {
            let answer = world.post("/api/v1/actions", token, &json!({ "kind": 1, "target": target })).await;
            assert_eq!(answer.status, status, "{} {target}: {}", world.name, answer.text());
        }

        let of_ann = world.ask(&devices).await;
        let unseen = world.ask(&devices[..1]).await;
        let listed: Page<Value> = world.get("/api/v1/actions", token).await.json();
        assert_eq!(listed.items.len(), 2, "their own, and the one that has their device: {}", world.name);
        let shown: Value = world.get(&format!("/api/v1/actions/{of_ann}"), token).await.json();
        assert_eq!(shown["targets"].as_array().map(Vec::len), Some(1), "{shown}");
        assert_eq!(
            world.get(&format!("/api/v1/actions/{unseen}"), token).await.status,
            404,
            "{}",
            world.name
        );
        let cancel =
            world.post(&format!("/api/v1/actions/{of_ann}/cancel"), token, &json!({})).await.problem();
        assert_eq!(cancel.permission.as_deref(), Some("Remote tasks / Cancel another person's action"));
    }
}

#[tokio::test]
async fn a_role_for_one_kind_of_action_starts_no_other() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    let ben = person(&world, "ben").await;
    let role = role(&world, "Probes", &[&format!("{ACT} / probe"), READ]).await;
    let assignment = assign(&world, &role, &ben.0, json!([]), json!([])).await;
    let ask = async |kind: &str| {
        let new = json!({ "kind": kind, "target": { "type": "device", "device": devices[0] } });
        world.post("/api/v1/actions", &ben.1, &new).await
    };
    assert_eq!(ask("probe").await.status, 202);
    let problem = ask("sync-machine-policy").await.problem();
    assert_eq!(problem.permission, Some(format!("{ACT} / sync-machine-policy")));
    assert_eq!(problem.granted_by, ["ann"], "who can give it");
    assert!(problem.fix.contains("ann"), "{problem:?}");

    let path = format!("/api/v1/assignments/{}", assignment.id);
    assert_eq!(world.call(Method::DELETE, &path, &world.ann, None).await.status, 204);
    assert_eq!(ask("probe").await.status, 403, "what is taken away is gone at once");
}

#[tokio::test]
async fn a_token_does_what_it_was_made_for() {
    for world in World::each().await {
        let (near, far) = (world.site(&world.ann, 1).await, world.site(&world.ann, 2).await);
        let (devices, others) = (world.devices(near, 1).await, world.devices(far, 1).await);
        let new = json!({ "name": "probe", "permissions": [format!("{ACT} / probe")], "sites": [near] });
        let token: CreatedApiToken = world.post("/api/v1/tokens", &world.ann, &new).await.json();
        let secret = &token.secret;
        for (device, kind, status) in
            [(devices[0], "probe", 202), (devices[0], "sync-machine-policy", 403), (others[0], "probe", 404)]
        {
            let new = json!({ "kind": kind, "target": { "type": "device", "device": device } });
            let answer = world.post("/api/v1/actions", secret, &new).await;
            assert_eq!(answer.status, status, "{} {kind}: {}", world.name, answer.text());
        }
        for path in ["/api/v1/devices", "/api/v1/users", "/api/v1/audit", "/api/v1/roles"] {
            assert_eq!(world.get(path, secret).await.status, 403, "{} {path}", world.name);
        }
        let more = world.post("/api/v1/tokens", secret, &json!({ "name": "more" })).await.problem();
        assert_eq!(more.word(), "token-limited", "a limited token makes no other");
        let listed: Vec<Value> = world.get("/api/v1/tokens", &world.ann).await.json();
        assert_eq!(listed[0]["sites"], json!([near]));
    }
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let world = World::new().await;
    let ben = person(&world, "ben").await;
    let role = role(&world, "Clerk", &["Roles / Manage", "Users / Manage", READ]).await;
    assign(&world, &role, &ben.0, json!([]), json!([])).await;
    let me: Me = world.get("/api/v1/me", &world.ann).await.json();
    let administrator = "00000000-0000-0000-0000-000000000001";
    let user = format!("/api/v1/users/{}", me.id);
    for (method, path, body) in [
        (Method::POST, "/api/v1/roles", json!({ "name": "More", "permissions": ["Audit data / Read"] })),
        (
            Method::POST,
            "/api/v1/assignments",
            json!({ "role": administrator, "holder": { "type": "user", "user": ben.0 } }),
        ),
        (Method::POST, "/api/v1/users", json!({ "name": "eve", "role": "Administrator" })),
        (Method::PATCH, &*user, json!({ "disabled": true })),
        (Method::POST, &*format!("{user}/password"), json!({})),
    ] {
        let answer = world.call(method.clone(), path, &ben.1, Some(&body)).await;
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
    }
    let less = json!({ "name": "Less", "permissions": [READ] });
    assert_eq!(world.post("/api/v1/roles", &ben.1, &less).await.status, 201);
    let new = json!({ "name": "eve", "role": "None" });
    assert_eq!(world.post("/api/v1/users", &ben.1, &new).await.status, 201);
}

#[tokio::test]
async fn roles_are_made_changed_and_removed() {
    for world in World::each().await {
        let known: Vec<PermissionInfo> = world.get("/api/v1/permissions", &world.ann).await.json();
        assert!(known.iter().any(|info| info.name == READ && info.scoped), "{known:?}");
        let made = role(&world, "Watch", &[READ]).await;
        let ben = person(&world, "ben").await;
        assign(&world, &made, &ben.0, json!([]), json!([])).await;
        let path = format!("/api/v1/roles/{}", made.id);
        let change = json!({ "name": "Watch", "permissions": ["Sites / Read"] });
        assert_eq!(world.call(Method::PUT, &path, &world.ann, Some(&change)).await.status, 200);
        assert_eq!(
            world.get("/api/v1/devices", &ben.1).await.status,
            403,
            "it counts at once: {}",
            world.name
        );
        assert_eq!(world.get("/api/v1/sites", &ben.1).await.status, 200, "{}", world.name);
        for (name, permission, word) in [
            ("watch", READ, "name-taken"),
            ("Administrator", READ, "name-taken"),
            ("X", "Everything", "not-valid"),
        ] {
            let new = json!({ "name": name, "permissions": [permission] });
            assert_eq!(world.post("/api/v1/roles", &world.ann, &new).await.problem().word(), word, "{name}");
        }
        let built_in = "/api/v1/roles/00000000-0000-0000-0000-000000000001";
        let answer = world.call(Method::DELETE, built_in, &world.ann, None).await;
        assert_eq!(answer.problem().word(), "built-in-role");
        assert_eq!(world.call(Method::DELETE, &path, &world.ann, None).await.status, 204);
        assert_eq!(world.get("/api/v1/sites", &ben.1).await.status, 403, "{}", world.name);
        let left: Vec<Assignment> = world.get("/api/v1/assignments", &world.ann).await.json();
        assert!(left.is_empty(), "{left:?}");
    }
}

async fn role(world: &World, name: &str, permissions: &[&str]) -> ConsoleRole {
    let answer =
        world.post("/api/v1/roles", &world.ann, &json!({ "name": name, "permissions": permissions })).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn assign(world: &World, role: &ConsoleRole, user: &str, sites: Value, groups: Value) -> Assignment {
    let holder = json!({ "type": "user", "user": user });
    let new = json!({ "role": role.id, "holder": holder, "sites": sites, "device_groups": groups });
    let answer = world.post("/api/v1/assignments", &world.ann, &new).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// Makes a person without a role; returns their id and their session.
async fn person(world: &World, name: &str) -> (String, String) {
    let new = json!({ "name": name, "role": "None", "password": PASSWORD });
    let made: CreatedUser = world.post("/api/v1/users", &world.ann, &new).await.json();
    (made.user.id.to_string(), world.sign_in(name).await)
}
