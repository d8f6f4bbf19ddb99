use console_api::SiteState;
use futures_util::SinkExt as _;
use site_link::{ToConsole, handshake::Pinned, keys::PublicLinkKey};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Running, Site, device, now, within};

#[tokio::test]
async fn a_newer_link_takes_the_place_of_an_older_one() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut first = site.link(&console).await;
    let mut second = site.link(&console).await;
    assert_eq!(first.end().await, "superseded");
    second.upload(device(1)).await;
    assert!(
        console.client.site(site.id).await.expect("shown").link.up,
        "the older one's end is not the site's"
    );
    console.stop().await;
}

#[tokio::test]
async fn who_does_not_hold_the_pinned_key_is_not_admitted() {
    let console = Running::start().await;
    let attached = Site::attached(&console).await;
    // The thief knows all that is public, and signs with a key of its own.
    let thief = Site { id: attached.id, seed: [9; 32], pinned: attached.pinned };
    let refused = within("a refusal", thief.try_link(&console)).await.map(drop);
    assert!(refused.is_err());

    let unknown = Site::new();
    let pinned = Pinned { site: unknown.id, ..attached.pinned.expect("attached") };
    let unknown = Site { pinned: Some(pinned), ..unknown };
    let refused = within("a refusal", unknown.try_link(&console)).await.map(drop);
    assert_eq!(refused, Err("site_not_attached".into()));

    let tenant = action::TenantId(uuid::Uuid::nil());
    let pinned = Pinned { tenant, ..attached.pinned.expect("attached") };
    let elsewhere = Site { id: attached.id, seed: attached.seed, pinned: Some(pinned) };
    let refused = within("a refusal", elsewhere.try_link(&console)).await.map(drop);
    assert_eq!(refused, Err("tenant_differs".into()));

    let pinned = Pinned { console_key: PublicLinkKey([9; 32]), ..attached.pinned.expect("attached") };
    let fooled = Site { id: attached.id, seed: attached.seed, pinned: Some(pinned) };
    assert!(within("a refusal", fooled.try_link(&console)).await.is_err(), "the site checks the console too");
    assert!(!console.client.site(attached.id).await.expect("shown").link.up);
    console.stop().await;
}

#[tokio::test]
async fn a_frame_that_was_changed_or_replayed_closes_its_link_and_no_other() {
    let console = Running::start().await;
    let (site, neighbour) = (Site::attached(&console).await, Site::attached(&console).await);
    let mut other = neighbour.link(&console).await;

    let mut link = site.link(&console).await;
    let mut frame = link.session.send(&ToConsole::Offboard, now()).expect("small");
    frame[10] ^= 1;
    link.socket.send(Message::Binary(frame.into())).await.expect("sent");
    assert_eq!(link.end().await, "mac_invalid");

    let mut link = site.link(&console).await;
    let frame = link.session.send(&ToConsole::Unknown, now()).expect("small");
    for _ in 0..2 {
        link.socket.send(Message::Binary(frame.clone().into())).await.expect("sent");
    }
    assert_eq!(link.end().await, "counter_repeated");

    let mut link = site.link(&console).await;
    link.socket.send(Message::Text("hello".into())).await.expect("sent");
    assert_eq!(link.end().await, "message_malformed");

    assert_eq!(console.client.site(site.id).await.expect("shown").state, SiteState::Attached);
    other.upload(device(1)).await;
    console.stop().await;
}

#[tokio::test]
async fn the_console_offboards_a_site_that_is_there_or_comes_later() {
    let console = Running::start().await;
    let (there, away) = (Site::attached(&console).await, Site::attached(&console).await);
    let mut link = there.link(&console).await;
    for site in [&there, &away] {
        let shown = console.client.offboard(site.id).await.expect("offboarded");
        assert_eq!(shown.state, SiteState::Offboarded);
    }
    link.hear_until("the end of the attachment", |message| {
        (*message == site_link::ToSite::Offboard).then_some(())
    })
    .await;
    assert_eq!(link.end().await, "offboarded");
    // Whoever comes later proves the key first, and is told so by the console that it pinned.
    let told = within("an answer", away.try_link(&console)).await.map(drop);
    assert_eq!(told, Err("offboarded".into()));
    console.stop().await;
}

#[tokio::test]
async fn the_site_ends_its_attachment() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.say(&ToConsole::Offboard).await;
    link.hear_until("a confirmation", |message| (*message == site_link::ToSite::Offboard).then_some(()))
        .await;
    let shown = console.client.site(site.id).await.expect("shown");
    assert_eq!((shown.state, shown.link.up), (SiteState::Offboarded, false));
    console.stop().await;
}

#[tokio::test]
async fn a_console_that_stops_says_so() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    let (_, reason) = tokio::join!(console.stop(), link.end());
    assert_eq!(reason, "stopping");
}
