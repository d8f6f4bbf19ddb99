use action::{Reason, UserId};
use service::clock;
use site_link::{Answer, Part, Question, Throttle, ToConsole, ToSite};
use site_store::ThrottleSetting;
use uuid::Uuid;

use crate::support::{Console, ConsoleLink, Site, device, request};

const KIM: UserId = UserId(Uuid::from_bytes([0xb1; 16]));

#[tokio::test]
async fn a_dry_run_knows_who_is_online_and_the_throttle() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let _authority = site.start_authority();
    site.store.set_online("n1", &[(device(1), true)], clock::now()).await.expect("stored");
    let setting = ThrottleSetting { default: (1, 42), ..ThrottleSetting::default() };
    site.store.put_setting(ThrottleSetting::NAME, &setting).await.expect("stored");
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    let ToSite::Request { request, user, user_name, .. } = request(&console, 0xa4, |_| {}) else {
        panic!("no request");
    };
    match ask(&mut link, 1, Question::DryRun { request, user, user_name }).await {
        Answer::DryRun(told) => {
            assert_eq!((told.count, told.online, told.refused_count), (1, 1, 0));
            assert_eq!(told.throttle, Some(Throttle { strategy: 1, param: 42, ahead: 0 }));
            assert!(told.sent_by.is_some());
        }
        other => panic!("{other:?}"),
    }
    let notifications = site.store.undecided(10).await.expect("readable");
    assert!(notifications.is_empty(), "nothing is stored");
    site.stop().await;
}

#[tokio::test]
async fn a_device_is_read_by_the_sites_rules_only() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    let authority = site.start_authority();
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 0).await;
    let question = || Question::Device { device: device(1), user: KIM, user_name: "kim".into() };
    match ask(&mut link, 7, question()).await {
        Answer::Device(known) => {
            assert_eq!(known.rule, "Read-only Analyst on SMS00001");
            assert_eq!(
                (known.client.resource.0, known.client.online, known.collections.len()),
                (1, false, 1)
            );
        }
        other => panic!("{other:?}"),
    }
    let reason = Reason::UserUnknownToSite { discovers: Vec::new(), grantor: Some("ann".into()) };
    authority.state.lock().expect("free").refuse = Some(reason.clone());
    assert_eq!(ask(&mut link, 8, question()).await, Answer::Refused { reason });
    drop(authority);
    assert!(matches!(ask(&mut link, 9, question()).await, Answer::Failed { .. }));
    site.stop().await;
}

#[tokio::test]
async fn a_person_has_all_devices_uploaded_now() {
    let (console, mut site) = (Console::start().await, Site::new().await);
    site.start(&console, console.address()).await;
    let mut link = console.accept(site.known(), 0, 1).await;
    let part = |message: &ToConsole| match message {
        ToConsole::Devices(batch) => Some(batch.part),
        _ => None,
    };
    assert_eq!(link.hear_until("what changed", part).await, Part::Changes);
    link.say(&ToSite::Ask { number: 1, question: Question::UploadDevices }).await;
    assert_eq!(link.hear_until("all devices", part).await, Part::FullStart);
    assert!(matches!(ask(&mut link, 2, Question::Unknown).await, Answer::Failed { .. }));
    site.stop().await;
}

async fn ask(link: &mut ConsoleLink, number: u64, question: Question) -> Answer {
    link.say(&ToSite::Ask { number, question }).await;
    let wanted = |message: &ToConsole| match message {
        ToConsole::Answer { number: of, answer } if *of == number => Some(answer.clone()),
        _ => None,
    };
    link.hear_until("an answer", wanted).await
}
