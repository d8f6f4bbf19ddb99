//! The same request, sent more than once.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use console_api::{Asked, IDEMPOTENCY_KEY, Problem};
use serde_json::{Value, json};

use super::world::{Answer, World};

#[tokio::test]
async fn a_repeated_key_is_the_same_action() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 2).await;
        let new = json!({ "kind": "probe", "target": { "type": "device", "device": devices[0] } });
        let first = ask(&world, "key 1", &new).await;
        assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text());
        let first_id = first.json::<Asked>().actions[0].task_guid;
        assert_eq!(first.headers[header::LOCATION], format!("/api/v1/actions/{first_id}"));
        let commits = world.store().commits();
        let again = ask(&world, "key 1", &new).await;
        assert_eq!(again.status, StatusCode::ACCEPTED);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(again.json::<Asked>().actions[0].task_guid, first_id, "{}", world.name);
        assert_eq!(world.store().commits(), commits, "{}", world.name);
        assert_ne!(ask(&world, "key 2", &new).await.json::<Asked>().actions[0].task_guid, first_id);

        let other = json!({ "kind": "probe", "target": { "type": "device", "device": devices[1] } });
        let problem: Problem = ask(&world, "key 1", &other).await.problem();
        assert_eq!((problem.status, problem.word()), (422, "key-reused"), "{}", world.name);
        assert_eq!(problem.field.as_deref(), Some("Idempotency-Key"));

        let ben = world.person("ben", "Help Desk Operator").await;
        let theirs = send(&world, "key 1", &new, &ben).await;
        assert_ne!(
            theirs.json::<Asked>().actions[0].task_guid,
            first_id,
            "another person's key is another key"
        );
    }
}

#[tokio::test]
async fn an_id_of_the_askers_own_is_taken_once() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        let id = "a43dd1b3-a006-4604-b012-5529380b3b6f";
        let new =
            json!({ "kind": 4711, "target": { "type": "device", "device": devices[0] }, "task_guid": id });
        let asked: Asked = world.post("/api/v1/actions", &world.ann, &new).await.json();
        assert_eq!(asked.actions[0].task_guid.to_string(), id);
        assert_eq!(asked.actions[0].title, "Action type 4711");
        let problem = world.post("/api/v1/actions", &world.ann, &new).await.problem();
        assert_eq!((problem.status, problem.word()), (409, "id-taken"), "{}", world.name);
    }
}

#[tokio::test]
async fn requests_at_the_same_moment_with_one_key_are_one_action() {
    for world in World::each().await {
        let site = world.site(&world.ann, 1).await;
        let devices = world.devices(site, 1).await;
        let new = json!({ "kind": "probe", "target": { "type": "device", "device": devices[0] } });
        let all = futures_util::future::join_all((0..8).map(|_| ask(&world, "key", &new))).await;
        let mut ids: Vec<_> = all.iter().map(|answer| answer.json::<Asked>().actions[0].task_guid).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{}", world.name);
    }
}

async fn ask(world: &World, key: &str, new: &Value) -> Answer {
    send(world, key, new, &world.ann).await
}

async fn send(world: &World, key: &str, new: &Value, token: &str) -> Answer {
    let request = Request::post("/api/v1/actions")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(IDEMPOTENCY_KEY, key)
        .body(Body::from(new.to_string()));
    world.send(request.expect("a request")).await
}
