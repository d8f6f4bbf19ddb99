use std::time::Duration;

use action::{Conclusion, Event, Hop, Reason, SiteId, TaskGuid, TenantId};
use site_link::{ToConsole, ToSite};
use uuid::Uuid;

use crate::support::{Console, ConsoleLink, Site, request, task_guid, within};

#[tokio::test]
async fn a_request_takes_the_path_with_the_seeds_lines() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let _authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 0xa4, |_| {})).await;
    let reported = events_until(&mut link, 0xa4, 3).await;

    assert!(
        matches!(
            reported.as_slice(),
            [
                (Hop::ServiceConnector, Event::DeliveredToSite { reason: None }),
                (Hop::Authority, Event::Authorized { .. }),
                (Hop::ServiceConnector, Event::Queued { reason: None }),
            ]
        ),
        "{reported:?}"
    );
    let message = site.store.push_message(task_guid(0xa4)).await.expect("readable").expect("forwarded");
    assert_eq!((message.task_id.0, message.kind.0, message.targets), (9, 1, 1));

    let lines: Vec<String> =
        site.lines.texts().into_iter().filter(|line| !line.starts_with("Connected")).collect();
    assert_eq!(
        lines,
        [
            "Received new notification. Validating basic notification details...",
            "Validating device action message content...",
            "Authorized to perform client action. TemplateID: RequestMachinePolicy TenantId: \
             10101010-1010-1010-1010-101010101010 AADUserID: b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1",
            "Forwarded BGB remote task. TemplateID: 1 TaskGuid: a4a4a4a4-a4a4-a4a4-a4a4-a4a4a4a4a4a4 TaskParam:  \
             TargetDeviceIDs: 1",
        ]
    );
    assert!(site.lines.all().iter().skip(1).all(|line| line.task_guid == Some(task_guid(0xa4))));
    site.stop().await;
}

#[tokio::test]
async fn an_unauthorised_request_says_so_and_why() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    authority.state.lock().expect("free").refuse =
        Some(Reason::UserUnknownToSite { discovers: Vec::new(), grantor: None });
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 0xa4, |_| {})).await;
    let reported = events_until(&mut link, 0xa4, 2).await;

    let refused = Event::Concluded(Conclusion::Refused {
        reason: Reason::UserUnknownToSite { discovers: Vec::new(), grantor: None },
    });
    assert_eq!(reported[1], (Hop::Authority, refused));
    site.lines.containing("Reason:").await;
    let lines: Vec<String> =
        site.lines.texts().into_iter().filter(|line| !line.starts_with("Connected")).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(
        lines[2],
        "Unauthorized to perform client action. TemplateID: RequestMachinePolicy TenantId: \
         10101010-1010-1010-1010-101010101010 AADUserID: b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1"
    );
    assert!(
        lines[3].starts_with("TaskGUID: a4a4a4a4-a4a4-a4a4-a4a4-a4a4a4a4a4a4. Devices: kade-01. Reason: "),
        "{}",
        lines[3]
    );
    site.stop().await;
}

#[tokio::test]
async fn what_waits_for_a_second_person_says_so_once_and_goes_on_when_it_is_approved() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    authority.state.lock().expect("free").waits = Some(task_guid(0xa4));
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 0xa4, |_| {})).await;
    let reported = events_until(&mut link, 0xa4, 2).await;
    let waits = Event::DeliveredToSite { reason: Some(Reason::ApprovalMissing) };
    assert_eq!(reported[1], (Hop::Authority, waits));
    within("asking again", async {
        while authority.decided() < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    // One that waits holds up no other.
    link.say(&request(&console, 0xa5, |_| {})).await;
    assert_eq!(events_until(&mut link, 0xa5, 3).await.len(), 3);
    authority.state.lock().expect("free").waits = None;
    let reported = events_until(&mut link, 0xa4, 2).await;
    assert!(
        matches!(
            reported.as_slice(),
            [(Hop::Authority, Event::Authorized { .. }), (_, Event::Queued { reason: None })]
        ),
        "{reported:?}"
    );
    let said = site.lines.texts().iter().filter(|line| line.contains("The notification waits.")).count();
    assert_eq!(said, 1);
    site.stop().await;
}

#[tokio::test]
async fn what_is_not_valid_never_reaches_the_authority() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;

    let other = Uuid::from_bytes([9; 16]);
    link.say(&request(&console, 1, |request| request.tenant = TenantId(other))).await;
    check_refused(&mut link, 1, "tenant").await;
    link.say(&request(&console, 2, |request| request.site = SiteId(other))).await;
    check_refused(&mut link, 2, "site").await;
    link.say(&request(&console, 3, |request| request.id = TaskGuid(other))).await;
    check_refused(&mut link, 3, "id").await;
    let ToSite::Request { user, user_name, .. } = request(&console, 4, |_| {}) else { panic!("a request") };
    link.say(&ToSite::Request { task_guid: task_guid(4), request: "no base64!".into(), user, user_name })
        .await;
    check_refused(&mut link, 4, "header.payload.signature").await;
    assert_eq!(authority.decided(), 0);
    site.stop().await;
}

#[tokio::test]
async fn what_comes_too_late_expires() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    let late = |request: &mut proof::request::Request| {
        request.deliver_by = request.iat.minus(Duration::from_secs(1));
        request.exp = request.deliver_by;
        request.iat = request.iat.minus(Duration::from_hours(2));
    };
    link.say(&request(&console, 0xa4, late)).await;
    let reported = events_until(&mut link, 0xa4, 2).await;
    let expired = Event::Concluded(Conclusion::Expired { reason: Reason::NotDeliveredInTime });
    assert_eq!(reported[1].1, expired);
    assert_eq!(authority.decided(), 0);
    site.stop().await;
}

#[tokio::test]
async fn requests_wait_while_the_authority_is_away() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 0xa4, |_| {})).await;
    let receipt =
        |message: &ToConsole| (*message == ToConsole::Receipt { task_guid: task_guid(0xa4) }).then_some(());
    link.hear_until("a receipt", receipt).await;
    within("a line", site.lines.containing("The notification waits")).await;

    let _authority = site.start_authority();
    within("the forwarding", site.lines.containing("Forwarded BGB remote task.")).await;
    let twice = site.lines.texts().iter().filter(|line| line.starts_with("Received new")).count();
    assert_eq!(twice, 1, "an attempt that is made again does not repeat its first lines");
    site.stop().await;
}

#[tokio::test]
async fn a_repeated_request_is_taken_once_and_receipted_again() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    site.start(&console, console.address()).await;
    let receipt =
        |message: &ToConsole| (*message == ToConsole::Receipt { task_guid: task_guid(0xa4) }).then_some(());

    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 0xa4, |_| {})).await;
    within("the forwarding", site.lines.containing("Forwarded BGB remote task.")).await;
    // The receipt is lost with the link.
    drop(link);
    let mut link = console.accept(site.known(), 0, 0).await;
    for _ in 0..3 {
        link.say(&request(&console, 0xa4, |_| {})).await;
        link.hear_until("another receipt", receipt).await;
    }
    assert_eq!(authority.decided(), 1);
    site.stop().await;
}

#[tokio::test]
async fn a_cancelled_action_ends() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let _authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    link.say(&request(&console, 0xa4, |_| {})).await;
    within("the forwarding", site.lines.containing("Forwarded BGB remote task.")).await;
    link.say(&ToSite::Cancel { task_guid: task_guid(0xa4), user_name: "kim".into() }).await;
    let reported = events_until(&mut link, 0xa4, 4).await;
    let reason = Reason::CancelledBy { who: "kim".into() };
    assert_eq!(reported[3].1, Event::Concluded(Conclusion::Cancelled { reason }));
    // An action that the site does not know is nothing to it.
    link.say(&ToSite::Cancel { task_guid: task_guid(7), user_name: "kim".into() }).await;
    site.stop().await;
}

/// Hears until an action has `count` events, and returns them.
async fn events_until(link: &mut ConsoleLink, number: u8, count: usize) -> Vec<(Hop, Event)> {
    let mut all = Vec::new();
    let wanted = |message: &ToConsole| {
        if let ToConsole::Events { entries, .. } = message {
            let of_action = entries.iter().filter(|entry| entry.task_guid == task_guid(number));
            all.extend(of_action.map(|entry| (entry.hop, entry.event.clone())));
        }
        (all.len() >= count).then(|| std::mem::take(&mut all))
    };
    link.hear_until("all events", wanted).await
}

async fn check_refused(link: &mut ConsoleLink, number: u8, expected: &str) {
    let reported = events_until(link, number, 2).await;
    match &reported[1] {
        (
            Hop::ServiceConnector,
            Event::Concluded(Conclusion::Refused { reason: Reason::RequestNotValid { what } }),
        ) => {
            assert!(what.contains(expected), "{what}");
        }
        other => panic!("{other:?}"),
    }
}
