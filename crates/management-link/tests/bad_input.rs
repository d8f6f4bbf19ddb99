//! What is refused, by either end, and what the refusal says.

use http::{Method, Response};
use management_link::{
    Call, LARGEST_BODY, LARGEST_DOCUMENT, LONGEST_FACT, Refusal, RefusalKind, Route,
    client::{self, NoAnswer},
    server,
};

/// Checks that a request is refused with a kind, a detail that contains `part`, and a fix.
#[track_caller]
fn refused(method: Method, path: &str, body: &[u8], kind: RefusalKind, part: &str) {
    let refusal = server::read(&method, path, body).expect_err("must be refused");
    assert_eq!(refusal.kind, kind, "{refusal}");
    assert!(refusal.detail.contains(part), "{refusal}");
    assert!(refusal.fix.ends_with('.'), "{refusal}");
}

#[test]
fn other_paths_and_methods() {
    for path in
        ["", "/", "/mp/v1", "/mp/v1/trust/", "/mp/v2/trust", "/MP/v1/trust", "/mp/v1/document", "/bgb"]
    {
        refused(Method::GET, path, b"", RefusalKind::PathUnknown, "nothing at this path");
    }
    refused(Method::POST, "/mp/v1/trust", b"", RefusalKind::MethodWrong, "another method");
    refused(Method::GET, "/mp/v1/enrol", b"", RefusalKind::MethodWrong, "another method");
    let upper = format!("/mp/v1/document/{}", "AB".repeat(32));
    for path in ["/mp/v1/document/", "/mp/v1/document/../state", "/mp/v1/document/abcd", &upper] {
        refused(Method::GET, path, b"", RefusalKind::DocumentUnknown, "no document");
    }
}

#[test]
fn bodies_that_are_too_large() {
    let body = vec![b' '; LARGEST_BODY + 1];
    refused(Method::POST, "/mp/v1/state", &body, RefusalKind::BodyTooLarge, "65536 bytes");
    refused(Method::GET, "/mp/v1/time", b"x", RefusalKind::BodyTooLarge, "takes no body");
}

#[test]
fn bodies_that_are_no_call() {
    let kind = RefusalKind::BodyNotValid;
    let state = |body: &str, part| refused(Method::POST, "/mp/v1/state", body.as_bytes(), kind, part);
    state("", "it ends too early at line 1");
    state("<BgbSignInMessage/>", "it is not JSON at line 1, column 1");
    state("{\"topic\":\"discovery\"}", "a member is missing, repeated or of the wrong kind");
    state("{\"topic\":\"weather\"}", "wrong kind");
    state("[]", "wrong kind");
    state(&"[".repeat(60_000), "wrong kind");
    state(&format!("{{\"a\":{}", "[".repeat(60_000)), "it is not JSON");
    state("{} {}", "line 1");

    let discovery = |name: &str, os: &str| {
        format!(
            r#"{{"topic":"discovery","name":"{name}","os":"{os}","os_version":"","architecture":"","client_version":"","hardware":""}}"#
        )
    };
    state(&discovery("", ""), "`name` is empty");
    state(&discovery("a", &"x".repeat(LONGEST_FACT + 1)), "`os` is longer than 255 bytes");
    state(&discovery("a\\u0000", ""), "`name` holds control characters");
    state(&discovery("a", "").replace("\"os\"", "\"name\":\"b\",\"os\""), "repeated");
    refused(Method::POST, "/mp/v1/state", b"\xff\xfe", kind, "it is not JSON");

    let resource = r#"{"policy":"p","resource":"r","kind":"k","status":"failed","detail":""}"#;
    let many = vec![resource; 910].join(",");
    let report = |resources: &str| {
        format!(
            r#"{{"topic":"compliance","generation":1,"at":"2020-01-21T15:43:43Z","resources":[{resources}]}}"#
        )
    };
    assert!(report(&many).len() <= LARGEST_BODY, "what fits a body is taken");
    server::read(&Method::POST, "/mp/v1/state", report(&many).as_bytes()).expect("a call");
    state(&report(&resource.replace("\"r\"", "\"a\\u0007\"")), "`resource` holds control characters");
    state(&report(resource).replace("\"generation\":1", "\"generation\":-1"), "wrong kind");
    state(&report(resource).replace("2020", "yesterday"), "wrong kind");
}

#[test]
fn a_refusal_of_a_body_repeats_none_of_it() {
    let body = br#"{"token":"t","secret":"hunter2hunter2","csr":5,"discovery":{}}"#;
    let refusal = server::read(&Method::POST, "/mp/v1/enrol", body).expect_err("must be refused");
    assert!(!format!("{refusal:?}").contains("hunter2"), "{refusal:?}");
    let long = format!(r#"{{"token":"t","secret":"{}","csr":"","discovery":{{}}}}"#, "hunter2".repeat(20));
    let refusal = server::read(&Method::POST, "/mp/v1/enrol", long.as_bytes()).expect_err("must be refused");
    assert!(!format!("{refusal:?}").contains("hunter2"), "{refusal:?}");
}

#[test]
fn a_secret_is_not_shown() {
    let body = br#"{"token":"t","secret":"hunter2","csr":"c","discovery":{"name":"n","os":"","os_version":"","architecture":"","client_version":"","hardware":""}}"#;
    let call = server::read(&Method::POST, "/mp/v1/enrol", body).expect("a call");
    assert!(matches!(call, Call::Enrol(_)));
    assert!(!format!("{call:?}").contains("hunter2"), "{call:?}");
}

fn answer(status: u16, body: &[u8]) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.to_vec()).expect("a response")
}

#[test]
fn answers_that_are_none() {
    let error =
        client::read(Route::Document, &answer(200, &vec![0; LARGEST_DOCUMENT + 1])).expect_err("too large");
    assert_eq!(error.to_string(), "the answer to /mp/v1/document is larger than 1048576 bytes");
    for (route, status, body) in [
        (Route::Enrol, 200, &b"<html>"[..]),
        (Route::Enrol, 200, b"{}"),
        (Route::Trust, 200, b"\xff"),
        (Route::Trust, 204, b""),
        (Route::State, 200, b""),
        (Route::Time, 302, b""),
    ] {
        let error = client::read(route, &answer(status, body)).expect_err("no answer");
        assert!(matches!(error, NoAnswer::NotUnderstood { .. }), "{error}");
    }
}

#[test]
fn a_refusal_of_something_in_between_is_none_of_the_management_points() {
    let forged = br#"{"type":"urn:tenon:management-point:unavailable","status":503}"#;
    for (status, body) in [(502, &b"<h1>Bad gateway</h1>"[..]), (403, forged), (404, b""), (500, b"[]")] {
        let error = client::read(Route::Time, &answer(status, body)).expect_err("refused");
        let NoAnswer::Refused(refusal) = error else { panic!("not a refusal: {error}") };
        assert_eq!(refusal.kind, RefusalKind::Other);
        assert_eq!(refusal.is_transient(), status >= 500);
    }
}

#[test]
fn every_refusal_survives_the_wire() {
    let all = [
        Refusal::path_unknown(),
        Refusal::method_wrong(),
        Refusal::body_too_large(5),
        Refusal::certificate_missing(),
        Refusal::certificate_refused(),
        Refusal::enrolment_refused(),
        Refusal::renewal_refused(),
        Refusal::document_unknown(),
        Refusal::not_asked(),
        Refusal::too_many(3),
        Refusal::unavailable(9),
    ];
    for refusal in all {
        let error = client::read(Route::Time, &server::respond(Err(refusal.clone()))).expect_err("refused");
        let NoAnswer::Refused(read) = error else { panic!("not a refusal: {error}") };
        assert_eq!(read, refusal);
    }
}
