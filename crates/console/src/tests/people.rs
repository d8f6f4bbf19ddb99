//! People: signing in and out, tokens, accounts, the last administrator, the audit.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use console_api::{AuditEntry, CSRF_HEADER, CreatedApiToken, CreatedUser, Me, Page, Problem, SignedIn};
use serde_json::json;

use super::world::{PASSWORD, World};

#[tokio::test]
async fn a_session_ends_when_its_person_signs_out_and_after_twelve_hours() {
    for world in World::each().await {
        let (one, other) = (world.sign_in("ann").await, world.sign_in("ANN ").await);
        assert_eq!(world.call(Method::DELETE, "/api/v1/sessions/current", &one, None).await.status, 204);
        assert_eq!(refused(&world, &one).await, "not-signed-in", "{}", world.name);
        assert_eq!(world.get("/api/v1/me", &other).await.json::<Me>().name, "ann");
        world.clock.advance(Duration::from_hours(12));
        assert_eq!(refused(&world, &other).await, "not-signed-in", "{}", world.name);
    }
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_refused_alike() {
    let world = World::new().await;
    let mut problems = Vec::new();
    for (user, password, tenant) in
        [("ann", "not the password", None), ("nobody", PASSWORD, None), ("ann", PASSWORD, Some("other"))]
    {
        let body = json!({ "user": user, "password": password, "tenant": tenant });
        problems.push(world.post("/api/v1/sessions", "", &body).await.problem());
    }
    assert!(problems.iter().all(|problem| *problem == problems[0] && problem.status == 401), "{problems:?}");
    let body = json!({ "user": "ann", "password": PASSWORD, "tenant": "STORY" });
    assert_eq!(world.post("/api/v1/sessions", "", &body).await.status, 200);
    for _ in 0..9 {
        let body = json!({ "user": "ben", "password": "a guess of many" });
        world.post("/api/v1/sessions", "", &body).await;
    }
    let body = json!({ "user": "ben", "password": "a guess of many" });
    world.post("/api/v1/sessions", "", &body).await;
    let answer = world.post("/api/v1/sessions", "", &body).await;
    assert_eq!(answer.problem().word(), "too-many");
    assert_eq!(answer.headers[header::RETRY_AFTER], "30");
}

#[tokio::test]
async fn a_cookie_needs_its_header_for_everything_that_changes_something() {
    let world = World::new().await;
    let body = json!({ "user": "ann", "password": PASSWORD, "cookie": true });
    let answer = world.post("/api/v1/sessions", "", &body).await;
    let signed_in: SignedIn = answer.json();
    assert_eq!(signed_in.token, None, "the page never sees the token");
    let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text").to_owned();
    for attribute in ["__Host-tenon=tns_", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    let csrf = signed_in.me.csrf.expect("a value");
    for (method, value, status) in [
        (Method::GET, "", 200),
        (Method::POST, "", 403),
        (Method::POST, "0000", 403),
        (Method::POST, &*csrf, 201),
    ] {
        let path = if method == Method::GET { "/api/v1/me" } else { "/api/v1/attach-codes" };
        let request = Request::builder().method(&method).uri(path).header(header::COOKIE, &pair);
        let request = request.header(CSRF_HEADER, value).body(Body::empty()).expect("a request");
        assert_eq!(world.send(request).await.status, status, "{method} {value}");
    }
    let request = Request::get("/api/v1/me").header(header::COOKIE, format!("__Host-tenon={}", world.ann));
    let answer = world.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, 401, "a session that was not made for a cookie is none");
}

#[tokio::test]
async fn an_api_token_works_until_it_ends_or_is_revoked() {
    for world in World::each().await {
        let expires = world.clock.now().plus(Duration::from_hours(2));
        let body = json!({ "name": "nightly", "expires": expires });
        let made = world.post("/api/v1/tokens", &world.ann, &body).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let made: CreatedApiToken = made.json();
        let commits = world.store().commits();
        for _ in 0..3 {
            assert_eq!(world.get("/api/v1/me", &made.secret).await.status, 200, "{}", world.name);
        }
        assert_eq!(world.store().commits() - commits, 1, "its use is written once an hour");
        world.clock.advance(Duration::from_hours(2));
        let problem = world.get("/api/v1/me", &made.secret).await.problem();
        assert!(problem.status == 401 && problem.detail.contains("expired"), "{problem:?}");

        let made: CreatedApiToken =
            world.post("/api/v1/tokens", &world.ann, &json!({ "name": "x" })).await.json();
        let path = format!("/api/v1/tokens/{}", made.token.id);
        assert_eq!(world.call(Method::DELETE, &path, &world.ann, None).await.status, 204);
        assert_eq!(world.get("/api/v1/me", &made.secret).await.status, 401, "{}", world.name);
        assert_eq!(world.call(Method::DELETE, &path, &world.ann, None).await.status, 404);
    }
}

#[tokio::test]
async fn a_person_who_is_shut_out_is_out_at_once_and_the_last_administrator_stays() {
    for world in World::each().await {
        let new = json!({ "name": "Ben", "role": "Help Desk Operator" });
        let made: CreatedUser = world.post("/api/v1/users", &world.ann, &new).await.json();
        let password = made.password.expect("made by the console");
        let taken = world.post("/api/v1/users", &world.ann, &new).await.problem();
        assert_eq!((taken.word(), taken.field.as_deref()), ("name-taken", Some("name")), "{}", world.name);
        let body = json!({ "user": "ben", "password": password });
        let ben = world.post("/api/v1/sessions", "", &body).await.json::<SignedIn>().token.expect("a token");
        let path = format!("/api/v1/users/{}", made.user.id);
        let change = json!({ "disabled": true });
        assert_eq!(world.call(Method::PATCH, &path, &world.ann, Some(&change)).await.status, 200);
        assert_eq!(refused(&world, &ben).await, "not-signed-in", "{}", world.name);
        assert_eq!(world.post("/api/v1/sessions", "", &body).await.status, 401);

        let me: Me = world.get("/api/v1/me", &world.ann).await.json();
        let path = format!("/api/v1/users/{}", me.id);
        for change in [json!({ "disabled": true }), json!({ "role": "Read Only Operator" })] {
            let problem = world.call(Method::PATCH, &path, &world.ann, Some(&change)).await.problem();
            assert_eq!(problem.word(), "last-administrator", "{}", world.name);
        }
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 1).await;
    let (desk, reader) =
        (world.person("ben", "Help Desk Operator").await, world.person("cat", "Read Only Operator").await);
    let new = json!({ "kind": "probe", "target": { "type": "device", "device": devices[0] } });
    let of_ann = world.ask(&devices).await;
    let cancel = format!("/api/v1/actions/{of_ann}/cancel");
    for (token, path, permission) in [
        (&reader, "/api/v1/actions", Some("Remote tasks / Initiate Configuration Manager action")),
        (&desk, "/api/v1/actions", None),
        (&desk, &*cancel, Some("Remote tasks / Cancel another person's action")),
        (&desk, "/api/v1/attach-codes", Some("Sites / Attach")),
        (&desk, "/api/v1/users", Some("Users / Manage")),
        (&desk, "/api/v1/tenants", Some("Tenants / Manage")),
    ] {
        let answer = world.post(path, token, &new).await;
        match permission {
            None => assert_eq!(answer.status, 202, "{path}"),
            Some(permission) => {
                let problem: Problem = answer.problem();
                assert_eq!(
                    (problem.status, problem.permission.as_deref()),
                    (403, Some(permission)),
                    "{path}"
                );
                assert!(problem.detail.contains(permission), "{problem:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_audit_says_who_did_what_and_each_entry_stands_on_the_one_before() {
    for world in World::each().await {
        world.post("/api/v1/attach-codes", &world.ann, &json!({})).await;
        let reader = world.person("cat", "Read Only Operator").await;
        world.post("/api/v1/attach-codes", &reader, &json!({})).await;
        let page: Page<AuditEntry> = world.get("/api/v1/audit", &world.ann).await.json();
        let told: Vec<_> = page
            .items
            .iter()
            .rev()
            .map(|entry| format!("{} {} {}", entry.who, entry.what, entry.result))
            .collect();
        assert_eq!(
            told,
            [
                "ann console.set_up done",
                "ann attach_code.create done",
                "ann user.create done",
                "cat session.begin done",
                "cat permission refused: permission missing",
            ],
            "{}",
            world.name
        );
        let numbers: Vec<_> = page.items.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [5, 4, 3, 2, 1]);
        assert!(page.items.iter().all(|entry| entry.hash.len() == 64));
    }
}

/// Returns the word of the problem that a token meets.
async fn refused(world: &World, token: &str) -> String {
    world.get("/api/v1/me", token).await.problem().word().to_owned()
}
