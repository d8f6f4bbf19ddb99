//! Two people for one action, with the real programs: what waits for a second person, who is one, and what becomes of it. And
//! what a page has drafted, shown in plain words and signed at the command line.

use std::time::Duration;

use action::{ActionKind, OfflinePolicy, State, TaskGuid};
use console_api::{Client, Kind, NewAction, NewTarget, NewUser, Role, SignIn};
use e2e::{AgentOnDevice, World, WorldOptions};
use proof::Level;

/// Returns a client of another person, who has a role at the console.
async fn person(world: &World, name: &str) -> (Client, action::UserId) {
    let password = Some(world.password().to_owned());
    let new = NewUser { name: name.to_owned(), role: Role::Administrator, display_name: None, password };
    world.client.create_user(&new).await.expect("an account");
    let mut client = world.stranger();
    let (user, password) = (name.to_owned(), world.password().to_owned());
    let sign_in = SignIn { tenant: None, user, password, cookie: false };
    let id = client.sign_in(&sign_in).await.expect("signed in").me.id;
    (client, id)
}

/// Returns how often the agent's log says that it received a task.
fn received(agent: &AgentOnDevice, task_guid: TaskGuid) -> usize {
    let path = agent.root.parent().expect("the device's folder").join("logs/CcmNotificationAgent.log");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let wanted = format!("taskguid={}", task_guid.upper());
    text.lines().filter(|line| line.contains("Receive task from server") && line.contains(&wanted)).count()
}

/// Waits until an action says that it waits for a second person.
async fn waits(world: &World, task_guid: TaskGuid) {
    let action = world.waits(task_guid).await;
    let why = action.why.as_ref().map(|why| &*why.reason);
    assert_eq!((action.state, why), (State::DeliveredToSite, Some("approval_missing")), "{action:#?}");
}

#[tokio::test]
async fn what_two_people_must_want_waits_for_the_second() {
    let world = World::start(WorldOptions::default()).await;
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let (_, bob) = person(&world, "bob").await;
    let bob = bob.to_string();
    let operator = "Operations Administrator";
    world.site.tenon(&["role", "assign", operator, "--user", &bob, "--name", "bob"]);
    for (name, user) in [("admin", world.admin.to_string()), ("bob", bob.clone())] {
        let code = world.site.tenon(&["site", "pair", "--user", &user]);
        if name == "bob" {
            let (paired, _, err) = world.tenon_as("bob", &["pair", code.trim()]);
            assert!(paired, "{err}");
        } else {
            let (exit, said) = world.tenon(&["pair", code.trim()]).await;
            assert_eq!(exit, 0, "{said}");
        }
    }
    world.site.tenon(&["site", "approve", "rule", "set", "sync-machine-policy"]);

    // From the command line of the second person; never by the one who asked.
    let first = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    waits(&world, first).await;
    let guid = first.to_string();
    let listed = world.site.tenon(&["site", "approve", "list", "--json"]);
    assert!(
        listed.contains(&guid) && listed.contains("\"kassa-1\"") && listed.contains("\"ann\""),
        "{listed}"
    );
    let (exit, own) = world.tenon(&["approve", &guid, "--yes"]).await;
    assert!(exit != 0 && own.contains("whoever asked cannot approve it"), "{own}");
    let (_, own, err) = world.site.try_tenon(&["site", "approve", &guid, "--yes"]);
    assert!(err.contains("whoever asked cannot approve it"), "{own}{err}");
    assert_eq!(received(&agent, first), 0);
    let (approved, said, err) = world.tenon_as("bob", &["approve", &guid, "--yes"]);
    assert!(approved && said.contains("kassa-1") && said.contains("on its way"), "{said}{err}");
    assert_eq!(world.ended(first).await.state, State::Done);
    assert_eq!(received(&agent, first), 1);

    // At the site, by the site's own data.
    let keys = world.files().join("home-bob/tenon").display().to_string();
    let at_site = |guid: &str, more: &[&str]| {
        let args = [&["site", "approve", guid, "--yes", "--keys", &keys][..], more].concat();
        world.site.tenon(&args)
    };
    let second = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    waits(&world, second).await;
    let said = at_site(&second.to_string(), &[]);
    assert!(said.contains("1 now: kassa-1") && said.contains("ann"), "{said}");
    assert_eq!(world.ended(second).await.state, State::Done);

    let third = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    waits(&world, third).await;
    at_site(&third.to_string(), &["--refuse"]);
    let action = world.ended(third).await;
    let why = action.why.as_ref().map(|why| &*why.reason);
    assert_eq!((action.state, why), (State::Refused, Some("approval_refused")), "{action:#?}");

    // Nobody says anything, and its time ends it.
    let soon = service::clock::now().plus(Duration::from_secs(5));
    let new = NewAction {
        kind: Kind(ActionKind::MACHINE_POLICY),
        target: NewTarget::Device { device: device.id },
        param: String::new(),
        deliver_by: Some(soon),
        finish_within_seconds: None,
        offline: Some(OfflinePolicy::Queue),
        task_guid: None,
    };
    let fourth = world.ask_signed(&new).await;
    let action = world.ended(fourth).await;
    let why = action.why.as_ref().map(|why| &*why.reason);
    assert_eq!((action.state, why), (State::Expired, Some("approval_missing")), "{action:#?}");

    // Withdrawn while it waits, and approved all the same: nothing comes of it.
    let fifth = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    waits(&world, fifth).await;
    world.client.cancel_action(fifth).await.expect("cancelled");
    assert_eq!(world.ended(fifth).await.state, State::Cancelled);
    at_site(&fifth.to_string(), &[]);
    let probe = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(probe).await.state, State::Done, "other kinds wait for nobody");
    for refused in [third, fourth, fifth] {
        assert_eq!(received(&agent, refused), 0);
    }

    // That nothing waits any more is wanted by a person as well as by the owner.
    let remove = ["site", "approve", "rule", "remove", "sync-machine-policy"];
    let nobodys = world.files().join("nobody").display().to_string();
    let (removed, _, err) = world.site.try_tenon(&[&remove[..], &["--keys", &nobodys]].concat());
    assert!(!removed && err.contains("holds no native key"), "{err}");
    world.site.tenon(&[&remove[..], &["--keys", &keys]].concat());
    let sixth = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    assert_eq!(world.ended(sixth).await.state, State::Done);

    let audit = world.site.tenon(&["site", "audit", "export"]);
    let by_bob = |guid: TaskGuid, result: &str| {
        audit.lines().any(|line| {
            line.contains(&guid.to_string())
                && line.contains(&format!("bob ({bob})"))
                && line.contains(result)
        })
    };
    assert!(by_bob(first, "approved") && by_bob(third, "refused to approve"), "{audit}");
    world.site.tenon(&["site", "audit", "verify"]);
}

#[tokio::test]
async fn what_a_page_drafts_is_shown_in_plain_words_and_signed_at_the_command_line() {
    let world = World::start(WorldOptions::default()).await;
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let new = NewAction {
        kind: Kind(ActionKind::PROBE),
        target: NewTarget::Device { device: device.id },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: Some(OfflinePolicy::Queue),
        task_guid: None,
    };
    // The page's own key is of too low a level for this.
    let web = world.pair(&world.client, world.admin, Level::Web).await;
    let draft = world.draft(&new).await;
    let id = TaskGuid(uuid::Uuid::new_v4());
    let signed = web.sign(&draft, &new, id, service::clock::now()).expect("signed");
    let signed =
        console_api::SignedActions { requests: vec![String::from_utf8(signed.encode()).expect("text")] };
    world.client.create_signed(&signed, "web").await.expect("the site decides");
    let why = world.ended(id).await.why.expect("a reason");
    assert_eq!(why.reason, "proof_level_too_low");

    let text = world.client.draft_action(&new).await.expect("a draft").text;
    let (exit, said) = world.tenon(&["sign", &text, "--yes"]).await;
    assert!(exit != 0 && said.contains("tenon pair"), "no key yet: {said}");
    let code = world.site.tenon(&["site", "pair", "--user", &world.admin.to_string()]);
    let (exit, said) = world.tenon(&["pair", code.trim()]).await;
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = world.tenon(&["sign", "TD1.AAAA", "--yes"]).await;
    assert!(exit != 0 && said.contains("TD1."), "{said}");
    let (exit, said) = world.tenon(&["sign", &text]).await;
    assert!(exit != 0 && said.contains("nobody is here to be asked"), "{said}");
    let (exit, said) = world.tenon(&["sign", &text, "--yes", "--wait"]).await;
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("kassa-1") && said.contains("must arrive"), "{said}");
    let asked = world.client.actions(&console_api::ActionQuery::default()).await.expect("actions").items;
    let done = asked.iter().find(|action| action.state == State::Done).expect("the one that was signed");
    assert_eq!(done.proof, "signed with the person's key");
    assert_eq!(received(&agent, done.task_guid), 1);
}
