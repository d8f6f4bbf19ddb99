//! What crosses the wire, byte by byte: written by hand, so that a change of the wire is seen.

use action::{DeviceId, EnrolmentId, ResourceId, Timestamp};
use management_link::{
    Answer, ApplicationReport, ApplicationState, ApplicationsReport, ByteRange, Call, ComplianceReport,
    Details, Discovery, EnrolAnswer, EnrolRequest, LogsPart, Omitted, Part, Refusal, RenewRequest,
    ResourceReport, ResourceStatus, Route, StateMessage, client, server,
};

const UUID: &str = "0b0e7b6c-7a43-4d57-9c3b-0d9a6f3d2c11";

fn discovery() -> Discovery {
    Discovery {
        name: "shop-1".to_owned(),
        os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        os_version: "12".to_owned(),
        architecture: "x86_64".to_owned(),
        client_version: "0.1.0".to_owned(),
        hardware: "9f86d081".to_owned(),
        details: Details::default(),
    }
}

/// Checks that `call` is written as `line` and `body`, and that the other end reads it.
#[track_caller]
fn check_call(call: Call, line: &str, body: &str) {
    let request = client::request(&call);
    assert_eq!(format!("{} {}", request.method(), request.uri()), line);
    assert_eq!(std::str::from_utf8(request.body()).expect("text"), body);
    assert_eq!(server::read(request.method(), request.uri().path(), request.body()), Ok(call));
}

/// Checks that `answer` is written as `head` and `body`, and that the other end reads it.
#[track_caller]
fn check_answer(route: Route, answer: Answer, head: &str, body: &str) {
    let response = server::respond(Ok(answer.clone()));
    let kind = response.headers().get("content-type").map_or("", |kind| kind.to_str().expect("text"));
    assert_eq!(format!("{} {kind}", response.status().as_u16()), head);
    assert_eq!(std::str::from_utf8(response.body()).expect("text"), body);
    assert_eq!(client::read(route, &response).expect("an answer"), answer);
}

#[test]
fn calls() {
    check_call(Call::Trust, "GET /mp/v1/trust", "");
    check_call(
        Call::Enrol(EnrolRequest {
            token: "t1".to_owned(),
            secret: "AAECAwQFBgcICQoLDA0ODw".to_owned(),
            csr: "-----BEGIN CERTIFICATE REQUEST-----\n".to_owned(),
            discovery: discovery(),
        }),
        "POST /mp/v1/enrol",
        r#"{"token":"t1","secret":"AAECAwQFBgcICQoLDA0ODw","csr":"-----BEGIN CERTIFICATE REQUEST-----\n","discovery":{"name":"shop-1","os":"Debian GNU/Linux 12 (bookworm)","os_version":"12","architecture":"x86_64","client_version":"0.1.0","hardware":"9f86d081"}}"#,
    );
    check_call(
        Call::Renew(RenewRequest { csr: "-----BEGIN".to_owned() }),
        "POST /mp/v1/renew",
        r#"{"csr":"-----BEGIN"}"#,
    );
    check_call(Call::Manifest, "GET /mp/v1/manifest", "");
    check_call(
        Call::Document { sha256: [0xab; 32] },
        &format!("GET /mp/v1/document/{}", "ab".repeat(32)),
        "",
    );
    check_call(Call::Time, "GET /mp/v1/time", "");
}

#[test]
fn state_messages() {
    check_call(
        Call::State(StateMessage::Discovery(discovery())),
        "POST /mp/v1/state",
        r#"{"topic":"discovery","name":"shop-1","os":"Debian GNU/Linux 12 (bookworm)","os_version":"12","architecture":"x86_64","client_version":"0.1.0","hardware":"9f86d081"}"#,
    );
    check_call(
        Call::State(StateMessage::Compliance(ComplianceReport {
            generation: 7,
            at: Timestamp(1_579_621_423_000),
            resources: vec![ResourceReport {
                policy: "motd".to_owned(),
                resource: "greeting".to_owned(),
                kind: "Tenon.Linux/File".to_owned(),
                status: ResourceStatus::Changed,
                detail: "content".to_owned(),
            }],
            omitted: Omitted { compliant: 3, ..Omitted::default() },
        })),
        "POST /mp/v1/state",
        r#"{"topic":"compliance","generation":7,"at":"2020-01-21T15:43:43.000Z","resources":[{"policy":"motd","resource":"greeting","kind":"Tenon.Linux/File","status":"changed","detail":"content"}],"omitted":{"compliant":3,"changed":0,"failed":0,"skipped":0}}"#,
    );
}

#[test]
fn a_report_without_omitted_resources_need_not_say_so() {
    let body =
        br#"{"topic":"compliance","generation":1,"at":"2020-01-21T15:43:43Z","resources":[],"new":true}"#;
    let call = server::read(&http::Method::POST, "/mp/v1/state", body).expect("a call");
    let Call::State(StateMessage::Compliance(report)) = call else { panic!("not a report: {call:?}") };
    assert_eq!(report.omitted, Omitted::default());
}

#[test]
fn answers() {
    let text = "text/plain; charset=utf-8";
    check_answer(Route::Trust, Answer::Trust("e30.c2ln".to_owned()), &format!("200 {text}"), "e30.c2ln");
    check_answer(Route::Manifest, Answer::Manifest("bQ.c2ln".to_owned()), &format!("200 {text}"), "bQ.c2ln");
    check_answer(Route::Time, Answer::Time("dA.c2ln".to_owned()), &format!("200 {text}"), "dA.c2ln");
    check_answer(Route::Document, Answer::Document(b"{}".to_vec()), &format!("200 {text}"), "{}");
    check_answer(Route::State, Answer::Stored, "204 ", "");
    let enrolled = EnrolAnswer {
        device: DeviceId(UUID.parse().expect("an id")),
        enrolment: EnrolmentId(UUID.parse().expect("an id")),
        resource: ResourceId(16_777_217),
        chain: "-----BEGIN CERTIFICATE-----\n".to_owned(),
        not_after: Timestamp(0),
        trust_document: "e30.c2ln".to_owned(),
    };
    let body = r#"{"device":"UUID","enrolment":"UUID","resource":16777217,"chain":"-----BEGIN CERTIFICATE-----\n","not_after":"1970-01-01T00:00:00.000Z","trust_document":"e30.c2ln"}"#;
    for route in [Route::Enrol, Route::Renew] {
        let body = body.replace("UUID", UUID);
        check_answer(route, Answer::Enrolled(enrolled.clone()), "200 application/json", &body);
    }
}

#[test]
fn a_refusal_is_problem_details_and_says_when_to_come_back() {
    let response = server::respond(Err(Refusal::too_many(7)));
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(
        std::str::from_utf8(response.body()).expect("text"),
        r#"{"type":"urn:tenon:management-point:too-many","title":"Too many requests","status":429,"detail":"There were too many calls from this address.","fix":"Wait, then try again."}"#
    );
}

#[test]
fn content_in_ranges() {
    let call = Call::Content { sha256: [0xab; 32], range: ByteRange { from: 262_144, length: 100 } };
    let request = client::request(&call);
    assert_eq!(request.uri().path(), format!("/mp/v1/content/{}", "ab".repeat(32)));
    let range = request.headers().get("range").and_then(|range| range.to_str().ok());
    assert_eq!(range, Some("bytes=262144-262243"));
    let asked = server::Asked::find(request.method(), request.uri().path()).expect("found");
    assert_eq!(asked.with_range(range).read(&[]), Ok(call));
    for wrong in [
        None,
        Some("bytes=0-"),
        Some("bytes=5-4"),
        Some("bytes=0-262144"),
        Some("bytes=-5"),
        Some("lines=0-1"),
    ] {
        assert_eq!(asked.with_range(wrong).read(&[]), Err(Refusal::range_wrong()), "{wrong:?}");
    }

    let part = Part { from: 262_144, size: 262_147, bytes: b"abc".to_vec() };
    let response = server::respond(Ok(Answer::Content(part.clone())));
    assert_eq!(response.status().as_u16(), 206);
    let header = response.headers().get("content-range").and_then(|range| range.to_str().ok());
    assert_eq!(header, Some("bytes 262144-262146/262147"));
    assert_eq!(client::read(Route::Content, &response).expect("an answer"), Answer::Content(part));
    for (header, body) in [("bytes 0-2/3", "ab"), ("bytes 0-2/2", "abc"), ("bytes */3", "abc"), ("", "abc")] {
        let response = http::Response::builder().status(206).header("content-range", header);
        let response = response.body(body.as_bytes().to_vec()).expect("a response");
        client::read(Route::Content, &response).expect_err(header);
    }
}

#[test]
fn how_applications_stand() {
    check_call(
        Call::State(StateMessage::Applications(ApplicationsReport {
            generation: 7,
            at: Timestamp(1_579_621_423_000),
            applications: vec![ApplicationReport {
                application: "tool".to_owned(),
                deployment: "DEP00001".to_owned(),
                state: ApplicationState::RequirementsNotMet,
                detail: "the system is another".to_owned(),
            }],
            omitted: 0,
        })),
        "POST /mp/v1/state",
        r#"{"topic":"applications","generation":7,"at":"2020-01-21T15:43:43.000Z","applications":[{"application":"tool","deployment":"DEP00001","state":"requirements_not_met","detail":"the system is another"}],"omitted":0}"#,
    );
}

#[test]
fn a_part_of_the_agents_logs() {
    check_call(
        Call::State(StateMessage::Logs(LogsPart {
            task_guid: "2f1b8a3c-5d4e-4f60-8a7b-9c0d1e2f3a4b".parse().expect("an id"),
            number: 0,
            parts: 2,
            file: "PolicyAgent.log".to_owned(),
            text: "<![LOG[one]LOG]!>\n".to_owned(),
            at: Timestamp(1_579_621_423_000),
        })),
        "POST /mp/v1/state",
        r#"{"topic":"logs","task_guid":"2f1b8a3c-5d4e-4f60-8a7b-9c0d1e2f3a4b","number":0,"parts":2,"file":"PolicyAgent.log","text":"<![LOG[one]LOG]!>\n","at":"2020-01-21T15:43:43.000Z"}"#,
    );
}
