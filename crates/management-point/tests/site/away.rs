//! What happens while the authority or the store is away: nothing is acknowledged that is not done, and it goes on.

use crate::support::Site;
use management_link::{Answer, Call, Discovery, RefusalKind, StateMessage, client::NoAnswer};
use management_point::{Config, StartError};
use service::{
    call::Endpoint,
    log::{Component, ComponentLog},
    shutdown::Shutdown,
    wake::Wakes,
};

fn discovery(name: &str) -> Call {
    Call::State(StateMessage::Discovery(Discovery { name: name.to_owned(), ..Discovery::default() }))
}

#[track_caller]
fn is_unavailable(outcome: Result<Answer, NoAnswer>) {
    let Err(NoAnswer::Refused(refusal)) = outcome else { panic!("not refused: {outcome:?}") };
    assert_eq!(refusal.kind, RefusalKind::Unavailable);
    assert!(refusal.is_transient() && refusal.retry_after.is_some(), "{refusal:?}");
}

#[tokio::test]
async fn without_the_authority_state_is_still_kept_and_told_later() {
    let site = Site::start().await;
    let (agent, identity) = site.enrolled("shop-1").await;
    let hash = site.authority.add_document("{}");
    agent.call(&Call::Document { sha256: hash.0 }).await.expect("an answer");
    site.stranger().call(&Call::Trust).await.expect("an answer");

    site.authority.go_away();
    is_unavailable(agent.call(&Call::Manifest).await);
    is_unavailable(site.stranger().enrol("shop-2").await.map(|_| Answer::Stored));
    agent.call(&Call::Document { sha256: hash.0 }).await.expect("the stored document");
    agent.call(&discovery("shop-9")).await.expect("stored");

    site.authority.come_back();
    site.authority.told(identity.device, "shop-9").await;
    agent.call(&Call::Manifest).await.expect("an answer");
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_acknowledged() {
    let site = Site::start().await;
    let (agent, _) = site.enrolled("shop-1").await;
    site.db.close().await;
    is_unavailable(agent.call(&discovery("shop-2")).await);
    is_unavailable(site.stranger().enrol("shop-3").await.map(|_| Answer::Stored));
    site.lines.containing("Failed to store").await;
}

#[tokio::test]
async fn a_document_that_is_not_what_its_hash_says_is_not_passed_on() {
    let site = Site::start().await;
    let (agent, _) = site.enrolled("shop-1").await;
    let hash = site.authority.add_document("{}");
    site.authority.tamper_with(hash);
    for sha256 in [hash.0, [7; 32]] {
        let outcome = agent.call(&Call::Document { sha256 }).await;
        let Err(NoAnswer::Refused(refusal)) = outcome else { panic!("not refused: {outcome:?}") };
        assert_eq!(refusal.kind, RefusalKind::DocumentUnknown);
    }
    site.lines.containing("another document").await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let site = Site::start().await;
    let (log, _) = ComponentLog::memory(Component::MANAGEMENT_POINT);
    let started = management_point::start(
        Config::listening(site.address),
        site.store.clone(),
        Wakes::new(),
        log,
        Endpoint::Unix(site.authority.socket()),
        Shutdown::new(),
    )
    .await;
    let error = started.expect_err("the address is taken");
    assert!(matches!(&error, StartError::Listen { address, .. } if *address == site.address), "{error}");
}

#[tokio::test]
async fn a_start_without_an_authority_says_what_is_missing() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let db = database::Db::open("sqlite::memory:").await.expect("a database");
    let store = site_store::SiteStore::open(db).await.expect("a store");
    let (log, lines) = ComponentLog::memory(Component::MANAGEMENT_POINT);
    // From here on the clock jumps to the end of the wait.
    tokio::time::pause();
    let started = management_point::start(
        Config::listening("127.0.0.1:0".parse().expect("an address")),
        store,
        Wakes::new(),
        log,
        Endpoint::Unix(folder.path().join("none.sock")),
        Shutdown::new(),
    )
    .await;
    let error = started.expect_err("there is no authority");
    assert!(error.to_string().contains("is it running?"), "{error}");
    assert_eq!(lines.texts().len(), 1, "it is said once: {:?}", lines.texts());
}
