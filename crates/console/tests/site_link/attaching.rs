use action::{SiteId, TenantId};
use console_api::SiteState;
use site_link::{
    AttachCode, LARGEST_HANDSHAKE,
    attach::{AttachProblem, AttachRefusal, AttachRequest, Greeting},
    keys::{LinkKey, Tag},
};
use uuid::Uuid;

use crate::support::{Running, Site, post};

#[tokio::test]
async fn a_site_is_attached_with_a_code_and_shown() {
    let console = Running::start().await;
    let url = format!("http://{}/site-attach", console.address);
    let greeting: Greeting = reqwest::get(url).await.expect("an answer").json().await.expect("a greeting");
    let site = Site::attached(&console).await;
    assert_eq!(greeting.console, site.pinned.expect("attached").console);

    let shown = console.client.site(site.id).await.expect("shown");
    assert_eq!((shown.name.as_str(), shown.state, shown.link.up), ("Delft", SiteState::Attached, false));
    assert!(console.lines.texts().iter().any(|line| line.contains("is attached.")));
    console.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_a_code_works_for_one_site() {
    let console = Running::start().await;
    let (code, site) = (console.code().await, Site::new());
    let first = site.post(console.address, &site.request(&code)).await;
    let again = site.post(console.address, &site.request(&code)).await;
    assert_eq!((first.0, &first.1), (200, &again.1));

    let other = Site::new();
    check(&console, &other.request(&code), 403, AttachRefusal::CodeNotValid).await;
    console.stop().await;
}

#[tokio::test]
async fn each_refusal_names_its_reason_and_says_what_to_do() {
    let console = Running::start().await;
    let (code, site) = (console.code().await, Site::new());
    let forged = AttachCode::new(code.tenant, code.id, [7; 16]);
    check(&console, &site.request(&forged), 403, AttachRefusal::CodeNotValid).await;
    let elsewhere = AttachCode::new(TenantId(Uuid::nil()), code.id, [7; 16]);
    check(&console, &site.request(&elsewhere), 403, AttachRefusal::CodeNotValid).await;
    let unsealed = AttachRequest { mac: Tag([0; 32]), ..site.request(&code) };
    check(&console, &unsealed, 403, AttachRefusal::CodeNotValid).await;
    let later = AttachRequest { version: 2, ..site.request(&code) };
    check(&console, &later, 400, AttachRefusal::VersionUnknown).await;
    let nameless = AttachRequest::new(&code, site.id, "", &site.key());
    check(&console, &nameless, 400, AttachRefusal::NameNotValid).await;

    let (status, body) = post(console.address, b"{}".to_vec()).await;
    assert_eq!((status, reason(&body)), (400, "malformed".to_owned()));
    let (status, body) = post(console.address, vec![b' '; LARGEST_HANDSHAKE + 1]).await;
    assert_eq!((status, reason(&body)), (400, "malformed".to_owned()));

    // None of these used the code up.
    let (status, _) = site.post(console.address, &site.request(&code)).await;
    assert_eq!(status, 200);
    console.stop().await;
}

#[tokio::test]
async fn an_attached_site_cannot_be_taken_over_with_another_code() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let thief = AttachRequest::new(&console.code().await, site.id, "Delft", &LinkKey::from_seed(&[9; 32]));
    check(&console, &thief, 409, AttachRefusal::AlreadyAttached).await;
    let unknown = console.client.site(SiteId(Uuid::nil())).await;
    assert!(unknown.is_err(), "no other site came of it");
    site.link(&console).await;
    console.stop().await;
}

async fn check(console: &Running, request: &AttachRequest, status: u16, expected: AttachRefusal) {
    let (given, body) = post(console.address, serde_json::to_vec(request).expect("plain")).await;
    assert_eq!((given, reason(&body).as_str()), (status, expected.name()));
    let problem: AttachProblem = serde_json::from_slice(&body).expect("a problem");
    assert!(problem.detail.ends_with(expected.fix()), "{}", problem.detail);
}

fn reason(body: &[u8]) -> String {
    serde_json::from_slice::<AttachProblem>(body).expect("a problem").reason
}
