//! What a device of the site does with its management point, from its enrolment on.

use crate::support::{SECRET, Site};
use action::Timestamp;
use management_link::{
    Answer, Call, ComplianceReport, Discovery, Omitted, RenewRequest, ResourceReport, ResourceStatus,
    StateMessage,
};
use service::wake::{Topic, Woken};
use tokio::time::Duration;

#[tokio::test]
async fn a_device_that_is_admitted_is_stored_before_it_hears_of_it() {
    let site = Site::start().await;
    let mut devices = site.wakes.listen(Topic::Devices);
    let (_, identity) = site.enrolled("shop-1").await;

    let stored = site.store.device(identity.device).await.expect("read").expect("stored");
    assert_eq!(stored.facts.name, "shop-1");
    assert_eq!(stored.enrolment, identity.enrolment);
    assert_eq!(stored.resource.0, 16_777_217);
    assert_eq!(devices.wait(Duration::ZERO).await, Woken::Signal);
    assert_eq!(site.authority.devices().len(), 1);

    let texts = site.lines.texts();
    let registered = format!(
        "Registered client shop-1. ClientID: {} ResourceID: 16777217 Enrolment: {}",
        identity.device, identity.enrolment
    );
    assert!(texts.contains(&registered), "{texts:#?}");
    assert!(!texts.iter().any(|text| text.contains(SECRET)), "a secret is in the log: {texts:#?}");
}

#[tokio::test]
async fn a_device_gets_what_is_signed_for_it() {
    let site = Site::start().await;
    let (agent, identity) = site.enrolled("shop-1").await;
    let mut connection = agent.connect().await.expect("a connection");

    let manifest = connection.call(&Call::Manifest).await.expect("a response").expect("an answer");
    assert_eq!(manifest, Answer::Manifest(format!("manifest of {}", identity.device)));
    let time = connection.call(&Call::Time).await.expect("a response").expect("an answer");
    assert_eq!(time, Answer::Time("time.signed".to_owned()));
    let trust = site.stranger().call(&Call::Trust).await.expect("an answer");
    assert_eq!(trust, Answer::Trust("trust.signed".to_owned()));
}

#[tokio::test]
async fn a_document_is_asked_of_the_authority_once() {
    let site = Site::start().await;
    let (agent, _) = site.enrolled("shop-1").await;
    let hash = site.authority.add_document("{\"resources\":[]}");
    for _ in 0..3 {
        let answer = agent.call(&Call::Document { sha256: hash.0 }).await.expect("an answer");
        assert_eq!(answer, Answer::Document(b"{\"resources\":[]}".to_vec()));
    }
    assert_eq!(site.authority.asked("document"), 1);
}

#[tokio::test]
async fn discovery_data_reaches_the_store_and_the_authority() {
    let site = Site::start().await;
    let (agent, identity) = site.enrolled("shop-1").await;
    let discovery = Discovery { name: "shop-2".to_owned(), os: "Debian".to_owned(), ..Discovery::default() };
    let answer = agent.call(&Call::State(StateMessage::Discovery(discovery))).await.expect("an answer");

    assert_eq!(answer, Answer::Stored);
    let stored = site.store.device(identity.device).await.expect("read").expect("stored");
    assert_eq!((stored.facts.name.as_str(), stored.facts.os.as_str()), ("shop-2", "Debian"));
    site.authority.told(identity.device, "shop-2").await;
}

#[tokio::test]
async fn compliance_is_kept_with_its_counts() {
    let site = Site::start().await;
    let (agent, identity) = site.enrolled("shop-1").await;
    let resource = |status| ResourceReport {
        policy: "motd".to_owned(),
        resource: "greeting".to_owned(),
        kind: "Tenon.Linux/File".to_owned(),
        status,
        detail: String::new(),
    };
    let report = ComplianceReport {
        generation: 7,
        at: Timestamp(1_579_621_423_000),
        resources: vec![resource(ResourceStatus::Changed), resource(ResourceStatus::Failed)],
        omitted: Omitted { compliant: 5, ..Omitted::default() },
    };
    agent.call(&Call::State(StateMessage::Compliance(report))).await.expect("an answer");

    let stored = site.store.compliance(identity.device).await.expect("read").expect("stored");
    assert_eq!(stored.generation, 7);
    assert!(stored.report_json.contains("greeting"), "{}", stored.report_json);
    let summary = site.store.device(identity.device).await.expect("read").expect("stored").compliance;
    let summary = summary.expect("a summary");
    assert_eq!((summary.compliant, summary.total), (6, 7));
}

#[tokio::test]
async fn a_certificate_is_renewed_for_the_same_device() {
    let site = Site::start().await;
    let (agent, identity) = site.enrolled("shop-1").await;
    let fresh = service::tls::key_and_csr().expect("a key");
    let answer = agent.call(&Call::Renew(RenewRequest { csr: fresh.csr_pem })).await.expect("an answer");
    let Answer::Enrolled(answer) = answer else { panic!("not a certificate: {answer:?}") };
    assert_eq!((answer.device, answer.enrolment), (identity.device, identity.enrolment));

    let renewed = crate::support::Identity { chain: answer.chain, key: fresh.key_pem, ..identity };
    site.with_identity(&renewed).call(&Call::Manifest).await.expect("an answer");
}

#[tokio::test]
async fn a_device_that_the_store_has_lost_is_back_after_it_renews() {
    let site = Site::start().await;
    let (agent, identity) = site.enrolled("shop-1").await;
    assert!(site.store.remove_device(identity.device, Timestamp(0)).await.expect("removed"));
    let discovery =
        || StateMessage::Discovery(Discovery { name: "shop-1".to_owned(), ..Discovery::default() });
    agent.call(&Call::State(discovery())).await.expect_err("the device is not known");

    let csr = service::tls::key_and_csr().expect("a key").csr_pem;
    agent.call(&Call::Renew(RenewRequest { csr })).await.expect("an answer");
    agent.call(&Call::State(discovery())).await.expect("an answer");
    let stored = site.store.device(identity.device).await.expect("read").expect("stored");
    assert_eq!(stored.facts.name, "shop-1");
}

#[tokio::test]
async fn a_management_point_ends_when_it_is_told() {
    let mut site = Site::start().await;
    site.enrolled("shop-1").await;
    site.shutdown.begin();
    site.running.take().expect("it runs").join().await.expect("an orderly end");
    assert!(site.stranger().connect().await.is_err());
}
