//! What is not carried out is answered with a problem that names the thing, whatever is sent.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use futures_util::stream;
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    world.collection(site, 1).await;
    let id = devices[0];
    let json_type = "application/json";
    let actions = "/api/v1/actions";
    for (method, path, kind, body, status, word, field) in [
        ("GET", "/v1.0/nothing", "", String::new(), 404, "not-found", ""),
        ("GET", "/api/v1/nothing", "", String::new(), 404, "not-found", ""),
        ("DELETE", "/api/v1/me", "", String::new(), 405, "method-not-allowed", ""),
        ("POST", actions, "", "{}".into(), 415, "not-json", "Content-Type"),
        ("POST", actions, "text/plain", "{}".into(), 415, "not-json", "Content-Type"),
        ("POST", actions, json_type, String::new(), 400, "malformed", ""),
        ("POST", actions, json_type, "{".into(), 400, "malformed", ""),
        ("POST", actions, json_type, "{}".into(), 422, "not-valid", "kind"),
        ("POST", actions, json_type, "[]".into(), 422, "not-valid", ""),
        ("POST", actions, json_type, r#"{"kind":"format-disk"}"#.into(), 422, "not-valid", "kind"),
        (
            "POST",
            actions,
            json_type,
            r#"{"kind":1,"target":{"type":"x"}}"#.into(),
            422,
            "not-valid",
            "target.type",
        ),
        ("POST", actions, json_type, r#"{"kind":1,"targets":1}"#.into(), 422, "not-valid", "targets"),
        ("GET", "/api/v1/devices?limit=0", "", String::new(), 422, "not-valid", "limit"),
        ("GET", "/api/v1/devices?limit=x", "", String::new(), 422, "not-valid", "limit"),
        ("GET", "/api/v1/devices?limt=1", "", String::new(), 422, "not-valid", "limt"),
        ("GET", "/api/v1/devices?after=x", "", String::new(), 422, "not-valid", "after"),
        ("GET", "/api/v1/devices/x", "", String::new(), 400, "malformed", "id"),
        ("GET", "/api/v1/events", "", String::new(), 400, "malformed", "Last-Event-ID"),
    ] {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", world.ann))
            .header("last-event-id", "x");
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Body::from(body.clone())).expect("a request");
        let answer = world.send(request).await;
        let problem = answer.problem();
        let found = (problem.status, problem.word(), problem.field.as_deref().unwrap_or(""));
        assert_eq!(found, (status, word, field), "{method} {path} {body}: {problem:?}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        if status == 405 {
            assert_eq!(answer.headers[header::ALLOW], "GET,HEAD");
        }
    }

    let device = json!({ "type": "device", "device": id });
    for (new, status, field) in [
        (json!({ "kind": 1, "target": device, "deliver_by": "2025-12-31T00:00:00Z" }), 422, "deliver_by"),
        (json!({ "kind": 1, "target": device, "deliver_by": "2026-01-03T00:00:00Z" }), 422, "deliver_by"),
        (json!({ "kind": 1, "target": device, "deliver_by": "soon" }), 422, "deliver_by"),
        (json!({ "kind": 1, "target": device, "finish_within_seconds": 0 }), 422, "finish_within_seconds"),
        (json!({ "kind": 1, "target": device, "param": "x".repeat(5000) }), 422, "param"),
        (json!({ "kind": 1, "target": device, "param": "a\nb" }), 422, "param"),
        (json!({ "kind": 1, "target": { "type": "devices", "devices": [] } }), 422, "target.devices"),
        (json!({ "kind": 1, "target": { "type": "device", "device": site } }), 404, "target.device"),
        (json!({ "kind": 1, "target": { "type": "devices", "devices": [id, site] } }), 404, "target.devices"),
        (
            json!({ "kind": 1, "target": { "type": "collection", "site": id, "collection": "SMS00001" } }),
            404,
            "target.site",
        ),
        (
            json!({ "kind": 1, "target": { "type": "collection", "site": site, "collection": "X" } }),
            404,
            "target.collection",
        ),
    ] {
        let problem = world.post(actions, &world.ann, &new).await.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (status, Some(field)), "{new}: {problem:?}");
    }
    let page: serde_json::Value = world.get(actions, &world.ann).await.json();
    assert_eq!(page, json!({ "items": [] }), "nothing of it was stored");
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_before_it_is_read() {
    let world = World::new().await;
    let request = |body: Body, length: Option<usize>| {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/actions")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.ann))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(length) = length {
            request = request.header(header::CONTENT_LENGTH, length);
        }
        request.body(body).expect("a request")
    };
    let never = stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let answer = world.send(request(Body::from_stream(never), Some(100 << 20))).await;
    assert_eq!(answer.problem().word(), "too-large", "by what it says of itself");

    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 64 << 10]));
    let answer = world.send(request(Body::from_stream(endless), None)).await;
    assert_eq!((answer.problem().word(), answer.status.as_u16()), ("too-large", 413), "by what it is");
}

#[tokio::test]
async fn garbage_instead_of_a_token_is_refused() {
    let world = World::new().await;
    for value in
        ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer tns_x", "Bearer \u{fffd}", "tns_x", "Bearer tna_y"]
    {
        let request = Request::get("/api/v1/me")
            .header(header::AUTHORIZATION, value.as_bytes())
            .body(Body::empty())
            .expect("a request");
        let answer = world.send(request).await;
        assert_eq!(answer.problem().status, 401, "{value}");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
}

#[tokio::test]
async fn the_first_administrator_is_made_once_and_with_the_code_only() {
    let world = World::new().await;
    let setup = json!({ "code": "TS1.x", "tenant": "t", "user": "u", "password": "a password of mine" });
    let problem = world.post("/api/v1/setup", "", &setup).await.problem();
    assert_eq!((problem.status, problem.word()), (409, "set-up-already"));
    world.store().put_setup_code(&crate::secret::sha256(b"TS1.other")).await.expect("stored");
    let problem = world.post("/api/v1/setup", "", &setup).await.problem();
    assert_eq!((problem.status, problem.field.as_deref()), (422, Some("code")));
}
