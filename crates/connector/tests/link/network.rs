use std::collections::BTreeSet;

use connector::LinkState;
use site_link::{CloseReason, ToConsole, ToSite, handshake::KnownSite, keys::LinkKey};
use testkit::network::{Proxy, Weather};

use crate::support::{Console, Site, request, task_guid, within};

/// How many requests are asked over the bad network.
const REQUESTS: u8 = 20;

#[tokio::test]
async fn every_request_is_taken_once_whatever_the_network_does() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    let network = Proxy::start(console.address()).await.expect("a proxy");
    site.start(&console, network.address()).await;

    let mut waiting: BTreeSet<u8> = (1..=REQUESTS).collect();
    let mut cut_after = 3_000;
    let (mut links, mut events) = (0, 0);
    while !waiting.is_empty() {
        // Each link is cut after some more bytes than the one before, wherever in a frame that is.
        network.set(Weather::CutAfter(cut_after));
        cut_after += 1_500;
        links += 1;
        let mut link = console.accept(site.known(), events, 1).await;
        let served = async {
            for number in waiting.clone() {
                link.try_say(&request(&console, number, |_| {})).await?;
            }
            while !waiting.is_empty() {
                match link.try_hear().await? {
                    ToConsole::Receipt { task_guid: receipted } => {
                        waiting.retain(|number| task_guid(*number) != receipted);
                    }
                    ToConsole::Events { upto, .. } => {
                        events = events.max(upto);
                        link.try_say(&ToSite::EventsStored { upto }).await?;
                    }
                    _ => {}
                }
            }
            Ok::<(), String>(())
        };
        let _ = within("a cut or an end", served).await;
    }

    network.set(Weather::Fair);
    for number in 1..=REQUESTS {
        let forwarded = async {
            while site.store.push_message(task_guid(number)).await.expect("readable").is_none() {
                tokio::task::yield_now().await;
            }
        };
        within("a push message", forwarded).await;
    }
    assert_eq!(authority.decided(), usize::from(REQUESTS), "{links} links");
    assert!(links > 3, "the network was not bad enough: {links} links");
    site.stop().await;
}

#[tokio::test]
async fn a_console_without_the_pinned_key_gets_nothing() {
    let (mut console, mut site) = (Console::start().await, Site::new().await);
    site.attach(&console, console.address());
    console.key = LinkKey::from_seed(&[66; 32]);
    site.start_connector().await;
    let refused = within("an attempt", console.try_accept(Some(site.known()))).await;
    let refused = refused.map(drop).expect_err("the site closes");
    assert!(refused.contains("signature_invalid"), "{refused}");
    within("a line", site.lines.containing("does not hold the key")).await;
    site.stop().await;
}

#[tokio::test]
async fn a_site_that_the_console_does_not_know_keeps_its_attachment_and_says_why() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    site.start(&console, console.address()).await;
    let refused = within("an attempt", console.try_accept(None)).await;
    assert!(refused.is_err());
    within("a line", site.lines.containing("is not attached to this console")).await;
    let status = connector::status(site.folder.path()).expect("readable");
    assert!(status.attachment.is_some(), "what is not authenticated decides nothing");
    let key = LinkKey::from_seed(&[66; 32]).public();
    let other = KnownSite { key, ..site.known() };
    let refused = within("another attempt", console.try_accept(Some(other))).await;
    assert!(refused.is_err(), "a key that was replaced is not admitted");
    site.stop().await;
}

#[tokio::test]
async fn the_link_comes_back_and_the_status_follows() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    site.start(&console, console.address()).await;
    for _ in 0..3 {
        let link = console.accept(site.known(), 0, 1).await;
        within("the status", status_becomes(&site, |link| matches!(link, LinkState::Connected { .. }))).await;
        link.close(CloseReason::Stopping).await;
        within("the status", status_becomes(&site, |link| matches!(link, LinkState::Away { .. }))).await;
    }
    let folder = site.folder.path().to_owned();
    drop(site);
    assert!(!folder.exists());
}

async fn status_becomes(site: &Site, wanted: impl Fn(&LinkState) -> bool) {
    while !wanted(&connector::status(site.folder.path()).expect("readable").link) {
        tokio::task::yield_now().await;
    }
}
