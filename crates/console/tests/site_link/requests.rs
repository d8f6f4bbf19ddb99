use action::{Event, Hop, Reason, State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proof::request::Request;
use site_link::{ToConsole, ToSite};

use crate::support::{Running, Site, device, within};

#[tokio::test]
async fn a_request_reaches_the_site_and_its_history_comes_back() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;

    let asked = console.ask(device(1).id).await;
    let (task_guid, request) = link.request().await;
    let request = Request::parse(&STANDARD.decode(request).expect("base64")).expect("canonical");
    assert_eq!((task_guid, request.id), (asked, asked));
    assert_eq!((request.site, request.tenant), (site.id, site.pinned.expect("attached").tenant));

    link.say(&ToConsole::Receipt { task_guid }).await;
    let events = [
        (Hop::ServiceConnector, Event::DeliveredToSite { reason: None }),
        (Hop::Authority, Event::Authorized { rule: "Operations Administrator".into() }),
        (Hop::ServiceConnector, Event::Queued { reason: None }),
    ];
    link.report(3, task_guid, &events).await;
    console.becomes(asked, State::Queued).await;
    // What the console has already changes nothing.
    link.report(3, task_guid, &events).await;
    let history = console.client.history(asked, &console_api::TargetQuery::default()).await.expect("shown");
    let states: Vec<State> = history.items.iter().map(|entry| entry.event).collect();
    assert_eq!(states.iter().filter(|state| **state == State::Queued).count(), 1, "{states:?}");
    console.stop().await;
}

#[tokio::test]
async fn what_was_asked_while_the_site_was_away_is_sent_when_it_comes() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;
    drop(link);
    away(&console, &site).await;
    let asked = [console.ask(device(1).id).await, console.ask(device(1).id).await];

    let mut link = site.link(&console).await;
    let got = [link.request().await.0, link.request().await.0];
    assert_eq!(got, asked, "in the order in which they were asked");
    console.stop().await;
}

#[tokio::test]
async fn a_request_is_sent_until_the_site_has_it_and_not_after() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;
    let asked = console.ask(device(1).id).await;
    assert_eq!(link.request().await.0, asked);
    // The receipt is lost with the link.
    drop(link);
    let mut link = site.link(&console).await;
    assert_eq!(link.request().await.0, asked);
    link.say(&ToConsole::Receipt { task_guid: asked }).await;
    link.report(1, asked, &[(Hop::ServiceConnector, Event::DeliveredToSite { reason: None })]).await;
    drop(link);

    let mut link = site.link(&console).await;
    let next = console.ask(device(1).id).await;
    assert_eq!(link.request().await.0, next, "the first is not sent again");
    console.stop().await;
}

#[tokio::test]
async fn a_withdrawal_reaches_the_site() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;
    let asked = console.ask(device(1).id).await;
    link.request().await;
    link.report(1, asked, &[(Hop::ServiceConnector, Event::DeliveredToSite { reason: None })]).await;
    console.client.cancel_action(asked).await.expect("cancelled");
    let wanted = |message: &ToSite| match message {
        ToSite::Cancel { task_guid, user_name } => Some((*task_guid, user_name.clone())),
        _ => None,
    };
    assert_eq!(link.hear_until("a withdrawal", wanted).await, (asked, "ann".to_owned()));
    let reason = Reason::CancelledBy { who: "ann".into() };
    let cancelled = Event::Concluded(action::Conclusion::Cancelled { reason });
    link.report(2, asked, &[(Hop::NotificationServer, cancelled)]).await;
    console.becomes(asked, State::Cancelled).await;
    console.stop().await;
}

async fn away(console: &Running, site: &Site) {
    let away = async {
        while console.client.site(site.id).await.expect("shown").link.up {
            tokio::task::yield_now().await;
        }
    };
    within("the site to be away", away).await;
}
