use action::{Entry, Event};
use site_link::{ToConsole, ToSite};

use crate::support::{Console, ConsoleLink, Site, request, task_guid, within};

#[tokio::test]
async fn what_the_console_has_is_not_reported_again() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let _authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 1, |_| {})).await;
    let (mut upto, mut seen) = (0, Vec::new());
    while seen.len() < 3 {
        let (last, entries) = next_events(&mut link).await;
        link.say(&ToSite::EventsStored { upto: last }).await;
        (upto, seen) = (last, [seen, entries].concat());
    }
    drop(link);

    // On the next link the console says where it is, and the site goes on from there.
    let mut link = console.accept(site.known(), upto, 1).await;
    link.say(&request(&console, 2, |_| {})).await;
    let (_, entries) = next_events(&mut link).await;
    assert_eq!(
        (entries[0].task_guid, &entries[0].event),
        (task_guid(2), &Event::DeliveredToSite { reason: None })
    );
    site.stop().await;
}

#[tokio::test]
async fn what_the_console_has_not_stored_is_reported_again() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let _authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 1, |_| {})).await;
    let (_, first) = next_events(&mut link).await;
    drop(link);
    let mut link = console.accept(site.known(), 0, 1).await;
    let (_, again) = next_events(&mut link).await;
    assert_eq!(first[0], again[0]);
    site.stop().await;
}

#[tokio::test]
async fn a_site_that_was_put_back_to_an_older_state_is_heard() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let _authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 1, |_| {})).await;
    next_events(&mut link).await;
    drop(link);

    // The console has more of this site than the site itself has now.
    let mut link = console.accept(site.known(), 1_000, 1).await;
    link.say(&request(&console, 2, |_| {})).await;
    loop {
        let (upto, entries) = next_events(&mut link).await;
        assert!(upto > 1_000, "the console would take {upto} for something that it has");
        link.say(&ToSite::EventsStored { upto }).await;
        if entries.iter().any(|entry| entry.task_guid == task_guid(2)) {
            break;
        }
    }
    site.stop().await;
}

async fn next_events(link: &mut ConsoleLink) -> (u64, Vec<Entry>) {
    let heard = async {
        loop {
            match link.try_hear().await.expect("the link holds") {
                ToConsole::Events { upto, entries } => return (upto, entries),
                ToConsole::Devices(batch) => link.say(&ToSite::DevicesStored { seq: batch.seq }).await,
                _ => {}
            }
        }
    };
    within("events", heard).await
}
