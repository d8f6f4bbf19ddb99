//! Enrolment over real TLS: what the device believes, and what it never says to whom.

mod site;

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use agent::EnrolError;
use proof::Hash;
use site::{Machine, Reach, Site};

#[tokio::test]
async fn a_join_token_makes_a_device() {
    let site = Site::start(Reach::Tcp).await;
    let machine = Machine::new();
    let enrolment = machine.enrol(site.token()).await.expect("enrolled");
    assert_eq!((enrolment.site, enrolment.device), (site.authority.site, site.authority.device));
    assert_eq!(enrolment.site_name, "Test site");
    let desk = site.desk.lock().expect("not poisoned");
    assert_eq!(desk.secrets, [site.token().secret.text()]);
    assert_eq!(desk.discovery[0].name, "kassa-1");

    let identity = machine.state().join("identity.json");
    assert_eq!(fs::metadata(&identity).expect("kept").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(machine.state()).expect("kept").permissions().mode() & 0o777, 0o700);
    assert!(!machine.state().join("pending-key.json").exists());
    let text = fs::read_to_string(identity).expect("kept");
    assert!(!text.contains(&site.token().secret.text()), "the secret is not kept");
}

#[tokio::test]
async fn another_site_learns_nothing() {
    let site = Site::start(Reach::Tcp).await;
    let machine = Machine::new();
    let mut token = site.token();
    token.root_key_sha256 = Hash::of(b"another root key");
    let error = machine.enrol(token).await.expect_err("not the token's site");
    assert!(matches!(error, EnrolError::NotTheSite { .. }), "{error}");
    assert!(site.desk.lock().expect("not poisoned").secrets.is_empty(), "the secret was not sent");
    assert!(!machine.state().join("identity.json").exists());
}

#[tokio::test]
async fn a_server_without_the_role_learns_nothing() {
    // It shows the site's own trust document, which anyone can fetch, and has a certificate of the site's CA, but that
    // of a notification server.
    let site = Site::start(Reach::Tcp).await;
    let impostor = site.impostor().await;
    let machine = Machine::new();
    let mut token = site.token();
    token.url.clone_from(&impostor.url);
    let error = machine.enrol(token).await.expect_err("not a management point");
    assert!(matches!(error, EnrolError::Management { .. }), "{error}");
    assert!(impostor.desk.lock().expect("not poisoned").secrets.is_empty(), "the secret was not sent");
}

#[tokio::test]
async fn a_refused_token_says_what_to_do_and_leaves_no_identity() {
    let site = Site::start(Reach::Tcp).await;
    let machine = Machine::new();
    let mut token = site.token();
    token.id = "t2".to_owned();
    let error = machine.enrol(token).await.expect_err("refused");
    let shown = service::error::Chain(&error).to_string();
    assert!(shown.contains("fresh join token"), "{shown}");
    assert!(!shown.contains(&site.token().secret.text()), "{shown}");
    assert!(!machine.state().join("identity.json").exists());
    machine.enrol(site.token()).await.expect("a good token works then");
}

#[tokio::test]
async fn an_enrolled_device_is_not_enrolled_by_mistake() {
    let site = Site::start(Reach::Tcp).await;
    let machine = Machine::new();
    machine.enrol(site.token()).await.expect("enrolled");
    let error = machine.enrol(site.token()).await.expect_err("enrolled already");
    assert!(matches!(error, EnrolError::Exists { .. }) && error.to_string().contains("--replace"), "{error}");
}

#[tokio::test]
async fn a_device_without_enrolment_says_how_to_enrol() {
    service::tls::install_provider();
    let mut machine = Machine::new();
    machine.start();
    let agent = machine.agent.take().expect("started");
    let error = site::within(agent).await.expect("no panic").expect_err("not enrolled");
    assert!(error.to_string().contains("tenon-agent enrol"), "{error}");
}

#[tokio::test]
async fn a_certificate_is_renewed_after_two_thirds_of_its_life() {
    // A life of a moment: it is due at once. The certificate itself is valid for longer.
    let mut site = Site::with_certificate_life(Reach::Tcp, Duration::from_millis(1)).await;
    let mut machine = Machine::new();
    machine.enrol(site.token()).await.expect("enrolled");
    let before = fs::read_to_string(machine.state().join("identity.json")).expect("kept");
    machine.start();
    site.device().await;
    site.told(|desk| (desk.renewals > 0).then_some(())).await;
    let renewed = || {
        let now = fs::read_to_string(machine.state().join("identity.json")).expect("kept");
        (now != before).then_some(())
    };
    site.told(|_| renewed()).await;
    machine.stop().await;
}
