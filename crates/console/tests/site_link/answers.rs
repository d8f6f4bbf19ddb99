use action::{EnrolmentId, Reason, ResourceId};
use console_api::{Kind, NewAction, NewTarget, RetiredKey};
use proof::{PersonSigningKey, key_binding::Retirement};
use service::{clock, dice};
use site_link::{Answer, ClientDetails, DeviceKnown, Drain, DryRun, Question, Throttle, ToConsole, ToSite};

use crate::support::{Running, Site, SiteLink, device};

#[tokio::test]
async fn a_check_asks_the_site_and_stores_nothing() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;
    let new = NewAction {
        kind: Kind(action::ActionKind::PROBE),
        target: NewTarget::Device { device: device(1).id },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    };
    let dry_run = DryRun {
        rule: Some("role Operations Administrator on collection SMS00001".into()),
        reason: None,
        count: 1,
        online: 1,
        refused: vec![(device(2).id, Reason::DeviceUnknown)],
        refused_count: 1,
        waits: None,
        throttle: Some(Throttle { strategy: 1, param: 2, ahead: 59 }),
        sent_by: None,
        ends_by: clock::now(),
    };
    let (told, ()) = tokio::join!(console.client.check_action(&new), async {
        let (number, question) = asked(&mut link).await;
        assert!(matches!(question, Question::DryRun { .. }), "{question:?}");
        link.say(&ToConsole::Answer { number, answer: Answer::DryRun(Box::new(dry_run)) }).await;
    });
    let told = told.expect("told");
    assert_eq!((told.allowed, told.devices, told.online, told.refused), (true, 1, 1, 1));
    let throttle = told.sites[0].throttle.expect("a throttle");
    assert_eq!(throttle.seconds, Some(30), "59 and one more at two a second");
    assert_eq!(told.sites[0].refused[0].why.reason, "device_unknown");
    let actions = console.client.actions(&console_api::ActionQuery::default()).await.expect("listed");
    assert!(actions.items.is_empty());

    drop(link);
    away(&console, &site).await;
    let told = console.client.check_action(&new).await.expect("told");
    assert!(!told.allowed);
    let unanswered = told.sites[0].unanswered.as_deref().expect("why not");
    assert!(unanswered.contains("connector"), "{unanswered}");
    console.stop().await;
}

#[tokio::test]
async fn details_are_the_sites_and_the_last_are_shown_while_it_is_away() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;
    let (live, ()) = tokio::join!(console.client.device_details(device(1).id), answer(&mut link, known()));
    let live = live.expect("told");
    assert!(live.live && live.collections[0].name == "All Devices");

    drop(link);
    away(&console, &site).await;
    let last = console.client.device_details(device(1).id).await.expect("the last is shown");
    assert_eq!((last.live, last.as_of), (false, live.as_of));

    // The site takes the right away: what it told before is gone as well.
    let mut link = site.link(&console).await;
    let refused = Answer::Refused {
        reason: Reason::UserUnknownToSite { discovers: Vec::new(), grantor: Some("ann".into()) },
    };
    let (told, ()) = tokio::join!(console.client.device_details(device(1).id), answer(&mut link, refused));
    let problem = told.expect_err("refused").problem().cloned().expect("a problem");
    assert!(problem.status == 403 && problem.kind.ends_with("refused-by-site"), "{problem:?}");
    drop(link);
    away(&console, &site).await;
    let error = console.client.device_details(device(1).id).await.expect_err("nothing is left to show");
    assert!(error.problem().is_some_and(|problem| problem.kind.ends_with("connector-away")));
    console.stop().await;
}

#[tokio::test]
async fn a_person_has_a_site_upload_now() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    let (begun, ()) = tokio::join!(console.client.sync(site.id), async {
        let (number, question) = asked(&mut link).await;
        assert_eq!(question, Question::UploadDevices);
        link.say(&ToConsole::Answer { number: number + 100, answer: Answer::Done }).await;
        link.say(&ToConsole::Answer { number, answer: Answer::Done }).await;
    });
    assert_eq!(begun.expect("begun").site, site.id);
    console.stop().await;
}

#[tokio::test]
async fn what_ends_a_key_reaches_a_site_that_was_away() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let key = PersonSigningKey::from_secret(&[7; 32]).expect("a key");
    let jkt = key.public().thumbprint();
    let tenant = action::TenantId(uuid::Uuid::nil());
    let retirement = Retirement { jkt, tenant, iat: clock::now() }.sign(&key);
    let told = console.client.retire_key(&RetiredKey { retirement: retirement.clone() }).await.expect("told");
    assert!(told[0].unanswered.as_deref().is_some_and(|why| why.contains("connector")), "{told:?}");

    let mut link = site.link(&console).await;
    let (number, question) = asked(&mut link).await;
    assert_eq!(question, Question::RetireKey { retirement });
    link.say(&ToConsole::Answer { number, answer: Answer::Done }).await;
    console.lines.containing(&format!("knows now that the key {jkt} has ended")).await;
    console.stop().await;
}

#[tokio::test]
async fn how_a_push_drains_is_the_sites_to_tell() {
    let console = Running::start().await;
    let site = Site::attached(&console).await;
    let mut link = site.link(&console).await;
    link.upload(device(1)).await;
    let task_guid = console.ask(device(1).id).await;
    let drain = Drain {
        server: "n1".into(),
        at: clock::now(),
        strategy: 1,
        param: 42,
        clients: 10_000,
        sent: 1_200,
        ahead: 0,
        predicted: 238_000,
        elapsed: 28_570,
        through: false,
    };
    let other = Drain { server: "n2".into(), sent: 10_000, elapsed: 30_000, through: true, ..drain.clone() };
    let (told, ()) = tokio::join!(console.client.drain(task_guid), async {
        let (number, question) = asked(&mut link).await;
        assert_eq!(question, Question::Drains { task_guid });
        link.say(&ToConsole::Answer { number, answer: Answer::Drains { drains: vec![drain, other] } }).await;
    });
    let told = told.expect("told");
    assert_eq!((told.clients, told.sent, told.through), (20_000, 11_200, false));
    assert_eq!((told.predicted_seconds, told.elapsed_seconds), (238.0, 30.0));
    drop(link);
    away(&console, &site).await;
    let refused = console.client.drain(task_guid).await.expect_err("nobody knows");
    assert!(refused.to_string().contains("connector"), "{refused}");
    console.stop().await;
}

async fn asked(link: &mut SiteLink) -> (u64, Question) {
    let wanted = |message: &ToSite| match message {
        ToSite::Ask { number, question } if !matches!(question, Question::Audit { .. }) => {
            Some((*number, question.clone()))
        }
        _ => None,
    };
    link.hear_until("a question", wanted).await
}

async fn answer(link: &mut SiteLink, answer: Answer) {
    let (number, question) = asked(link).await;
    assert!(matches!(question, Question::Device { .. }), "{question:?}");
    link.say(&ToConsole::Answer { number, answer }).await;
}

fn known() -> Answer {
    let now = clock::now();
    Answer::Device(Box::new(DeviceKnown {
        rule: "role Read-only Analyst on collection SMS00001".into(),
        at: now,
        client: ClientDetails {
            resource: ResourceId(1),
            enrolment: EnrolmentId(dice::uuid()),
            enrolled: now,
            discovered: now,
            online: true,
            online_changed: now,
            server: Some("n1".into()),
            client_version: "0.1.0".into(),
            hardware: "f00d".into(),
        },
        collections: vec![("SMS00001".into(), "All Devices".into())],
        compliance: None,
        tasks: Vec::new(),
    }))
}

/// Waits until the console has noticed that the link is gone.
async fn away(console: &Running, site: &Site) {
    let gone = async {
        while console.client.site(site.id).await.expect("shown").link.up {
            tokio::task::yield_now().await;
        }
    };
    crate::support::within("the end of the link", gone).await;
}
