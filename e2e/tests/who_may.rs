//! Who may act, with the real programs: each refusal says what is missing and who can grant it, a right that is taken away
//! while an action waits is gone, and who is no longer let in is out at once.

use std::{fs, path::Path, time::Duration};

use action::{ActionKind, Hop, OfflinePolicy, State, TaskGuid};
use console_api::{Client, Kind, NewAction, NewTarget, NewUser, Role, SignIn, Why};
use e2e::{AgentOnDevice, World, WorldOptions, eventually};
use service::tls::{ClientAuth, server_config};
use tokio::{io::AsyncReadExt as _, net::TcpListener, time::timeout};
use tokio_rustls::TlsAcceptor;

/// The permission that the page and the command line need of the console.
const INITIATE: &str = "Remote tasks / Initiate Configuration Manager action";

#[tokio::test]
async fn each_refusal_says_what_is_missing_and_who_can_grant_it() {
    let world = World::start(WorldOptions { may_act: false, ..WorldOptions::default() }).await;
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let ann = world.admin.to_string();
    let role = |args: &[&str]| world.site.tenon(&[&["role"][..], args].concat());

    let why = refused(&world, &device, ActionKind::MACHINE_POLICY).await;
    says(
        &why,
        "user_unknown_to_site",
        "the site does not know this person; a role can be granted by the site's owner",
    );

    role(&["assign", "Full Administrator", "--user", OTHER, "--name", "olga"]);
    role(&["know", &ann, "--name", "ann"]);
    let lacks =
        "the site's rules give this person no role with the permission `Collection / Notify Resource`";
    let why = refused(&world, &device, ActionKind::MACHINE_POLICY).await;
    says(&why, "role_lacks_permission", &format!("{lacks}; it can be granted by olga"));

    role(&["assign", "Read-only Analyst", "--user", &ann, "--name", "ann"]);
    let why = refused(&world, &device, ActionKind::MACHINE_POLICY).await;
    says(
        &why,
        "role_lacks_permission",
        &format!("{lacks}; role held: Read-only Analyst; it can be granted by olga"),
    );
    role(&["unassign", "Read-only Analyst", "--user", &ann]);

    world.site.tenon(&["collection", "put", "Elsewhere", "--query", "name = \"kassa-9\""]);
    role(&[
        "assign",
        "Operations Administrator",
        "--user",
        &ann,
        "--name",
        "ann",
        "--collection",
        "Elsewhere",
    ]);
    let why = refused(&world, &device, ActionKind::MACHINE_POLICY).await;
    let outside = "the device is outside the collections of the role (Elsewhere); a collection that holds it can be \
                   granted by olga";
    says(&why, "device_outside_collections", outside);
    role(&["unassign", "Operations Administrator", "--user", &ann]);

    // A kind that the role does not permit, beside those that it does.
    let reading = ["--permission", "Collection / Read", "--permission", "Collection / Read Resource"];
    role(&[&["put", "Notifier", "--permission", "Collection / Notify Resource"][..], &reading].concat());
    role(&["assign", "Notifier", "--user", &ann, "--name", "ann"]);
    let why = refused(&world, &device, ActionKind(15)).await;
    let script = "the site's rules give this person no role with the permission `Collection / Run Script`; role held: \
                  Notifier; it can be granted by olga";
    says(&why, "role_lacks_permission", script);
    let allowed = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(allowed).await.state, State::Done, "what the role permits is done");
    let explained = world.site.tenon(&["site", "explain", "ann", "15", "kassa-1"]);
    assert!(explained.contains("Collection / Run Script"), "{explained}");

    // The console's own permission: the site is not even asked.
    let reader = user(&world, "rita", Role::ReadOnlyOperator).await;
    let refused = reader.create_action(&new(&device, ActionKind::PROBE), "r").await.expect_err("refused");
    let problem = refused.problem().expect("a problem");
    assert_eq!((problem.status, problem.permission.as_deref()), (403, Some(INITIATE)), "{problem:?}");
    assert_eq!(problem.granted_by, ["ann"]);
    let (done, _, err) =
        world.tenon_as("rita", &["action", "run", "sync-machine-policy", "--device", "kassa-1"]);
    assert!(!done && err.contains(INITIATE) && err.contains("ann"), "{err}");
    drop(agent);
}

#[tokio::test]
async fn a_right_that_is_taken_away_while_an_action_waits_refuses_it_at_delivery() {
    let world = World::start(WorldOptions::default()).await;
    let mut agent = world.add_agent("kassa-1");
    let ann = world.admin.to_string();
    world.device("kassa-1", |device| device.online).await;
    agent.program.kill();
    let device = world.device("kassa-1", |device| !device.online).await;
    let waiting = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    world.reached(waiting, State::Queued).await;

    world.site.tenon(&["role", "unassign", "Operations Administrator", "--user", &ann]);
    agent.restart();
    let why = world.ended(waiting).await.why.expect("a reason");
    assert_eq!((&*why.reason, why.hop), ("role_lacks_permission", Hop::Authority), "{why:?}");
    let log = agent.log("CcmNotificationAgent.log").folded().join("\n");
    assert!(!log.contains("Receive task from server"), "the device never saw it: {log}");
}

#[tokio::test]
async fn a_device_that_is_revoked_in_the_middle_of_a_push_is_out_at_once_and_stays_out() {
    let options = WorldOptions { throttle: (1, 1), ..WorldOptions::default() };
    let mut world = World::start(options).await;
    let names = ["kassa-1", "kassa-2", "kassa-3", "kassa-4", "kassa-5"];
    let mut agents: Vec<AgentOnDevice> = names.iter().map(|name| world.add_agent(name)).collect();
    for name in names {
        world.device(name, |device| device.online).await;
    }
    let site = world.client.sites().await.expect("sites").remove(0).id;
    let new = NewAction {
        target: NewTarget::Collection { site, collection: "SMS00001".to_owned(), at_most: Some(5) },
        ..of_kind(ActionKind::PROBE)
    };
    let push = world.ask_signed(&new).await;
    // A client a second: when the first has answered, others still wait for their turn.
    let victim = eventually("a device that waits its turn", async || {
        let targets = world.client.targets(push, &console_api::TargetQuery::default()).await.ok()?.items;
        let begun = targets.iter().any(|target| target.state == State::Done);
        let waits = targets.into_iter().rev().find(|target| target.state == State::Queued);
        if begun { waits } else { None }
    })
    .await;
    let revoked = std::time::Instant::now();
    world.site.tenon(&["site", "revoke", &victim.device.to_string()]);

    let agent = agents.iter_mut().find(|agent| agent.name == victim.name).expect("its agent");
    let closed = "The connection to the notification server ended";
    eventually("the end of its connection", async || {
        let log = agent.log("CcmNotificationAgent.log").folded();
        log.iter().any(|line| line.starts_with(closed)).then_some(())
    })
    .await;
    assert!(revoked.elapsed() < Duration::from_secs(10), "it took {:?}", revoked.elapsed());
    // The others have it, and the one that is out never gets it.
    eventually("the end of the push", async || {
        let action = world.client.action(push).await.ok()?;
        (action.counts.get("done") == Some(&4)).then_some(())
    })
    .await;

    // It calls again, with the ticket that it has: sign-in is refused. So it is after a restart of either end.
    for round in 1..=3 {
        refused_sign_ins(agent, round).await;
        match round {
            1 => agent.restart(),
            2 => {
                world.site.stop();
                world.site.start_again();
                agent.restart();
            }
            _ => {}
        }
    }
    let log = agent.log("CcmNotificationAgent.log").folded().join("\n");
    assert!(!log.contains("Receive task from server"), "{log}");
}

#[tokio::test]
async fn a_devices_certificate_does_not_pose_as_a_notification_server() {
    let mut world = World::start(WorldOptions::default()).await;
    let thief = world.add_agent("thief");
    let mut agent = world.add_agent("kassa-1");
    world.device("kassa-1", |device| device.online).await;
    let identity = fs::read_to_string(world.files().join("thief/state/identity.json")).expect("an identity");
    let identity: serde_json::Value = serde_json::from_str(&identity).expect("json");
    let text = |name: &str| identity[name].as_str().expect("a text").to_owned();
    drop(thief);
    world.site.stop();

    let listener = TcpListener::bind(channel(world.files())).await.expect("the server's own port");
    let server = server_config(&text("chain"), &text("key"), &ClientAuth::None).expect("a server");
    let acceptor = TlsAcceptor::from(server);
    agent.restart();
    // The device comes, sees who is there, and says nothing.
    for _ in 0..2 {
        let (stream, _) =
            timeout(Duration::from_secs(60), listener.accept()).await.expect("it comes").expect("accepted");
        if let Ok(mut stream) = acceptor.accept(stream).await {
            let mut heard = [0; 16];
            let heard = timeout(Duration::from_secs(30), stream.read(&mut heard)).await.expect("it leaves");
            assert!(matches!(heard, Ok(0) | Err(_)), "the device spoke to it");
        }
    }
    eventually("the reason in the agent's log", async || {
        let log = agent.log("CcmNotificationAgent.log").folded().join("\n");
        log.contains("failed to make a TLS connection").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_join_token_that_was_used_or_revoked_lets_nobody_in() {
    let world = World::start(WorldOptions::default()).await;
    let (once, revoked) = (world.join_token(1), world.join_token(1));
    assert!(enrol(&world, "first", &once).0, "it is good for one device");
    world.site.tenon(&["join-token", "revoke", "j2"]);
    for (name, token) in [("second", &once), ("third", &revoked)] {
        let (done, said) = enrol(&world, name, token);
        assert!(!done && said.contains("fresh join token"), "{name}: {said}");
    }
    let listed = world.site.tenon(&["site", "device", "list", "--json"]);
    let devices: Vec<serde_json::Value> = serde_json::from_str(&listed).expect("json");
    assert_eq!(devices.len(), 1, "{listed}");
}

#[tokio::test]
async fn names_of_devices_and_people_are_only_names_in_logs_and_on_the_command_line() {
    const NAME: &str = "x]LOG]!> $$<\u{202e}gnp";
    let world = World::start(WorldOptions::default()).await;
    let _agent = world.add_agent_named("hostile", NAME);
    let device = world.device(NAME, |device| device.online).await;
    world.site.tenon(&[
        "role",
        "assign",
        "Operations Administrator",
        "--user",
        OTHER,
        "--name",
        "\u{202e}eve]LOG]!>",
    ]);
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    world.ended(task_guid).await;

    let harmless = |what: &str, text: &str| {
        for bad in ['\u{1b}', '\u{202e}'] {
            assert!(!text.contains(bad), "{what}: {text}");
        }
    };
    for args in [&["role", "assignments"][..], &["role", "people"], &["site", "device", "list"]] {
        harmless(&args.join(" "), &world.site.tenon(args));
    }
    let _ann = user(&world, "rita", Role::Administrator).await;
    for args in [&["device", "list"][..], &["action", "list"]] {
        let (_, out, err) = world.tenon_as("rita", args);
        harmless(&args.join(" "), &format!("{out}{err}"));
    }
    for folder in [
        world.site.folder.join("logs"),
        world.files().join("console/logs"),
        world.files().join("hostile/logs"),
    ] {
        for entry in fs::read_dir(&folder).expect("logs") {
            let path = entry.expect("a file").path();
            let text = fs::read_to_string(&path).unwrap_or_default();
            harmless(&path.display().to_string(), &text);
            assert!(!text.contains("x]LOG]!>") && !text.contains("eve]LOG]!>"), "{}", path.display());
        }
    }
}

/// Somebody else whom the site knows.
const OTHER: &str = "0a0a0a0a-0000-4000-8000-00000000000a";

async fn refused(world: &World, device: &console_api::Device, kind: ActionKind) -> Why {
    let task_guid = world.ask(kind, device).await;
    let action = world.ended(task_guid).await;
    assert_eq!(action.state, State::Refused, "{action:#?}");
    action.why.expect("a refusal has a reason")
}

#[track_caller]
fn says(why: &Why, reason: &str, text: &str) {
    assert_eq!((&*why.reason, &*why.text, why.hop), (reason, text, Hop::Authority));
    assert!(why.fix.contains("administrator"), "{}", why.fix);
}

fn of_kind(kind: ActionKind) -> NewAction {
    NewAction {
        kind: Kind(kind),
        target: NewTarget::Devices { devices: Vec::new() },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: Some(OfflinePolicy::Queue),
        task_guid: Some(TaskGuid(uuid::Uuid::new_v4())),
    }
}

fn new(device: &console_api::Device, kind: ActionKind) -> NewAction {
    NewAction { target: NewTarget::Device { device: device.id }, ..of_kind(kind) }
}

/// Makes an account, and returns a client that is signed in as it.
async fn user(world: &World, name: &str, role: Role) -> Client {
    let password = Some(world.password().to_owned());
    let new = NewUser { name: name.to_owned(), role, display_name: None, password };
    world.client.create_user(&new).await.expect("an account");
    let mut client = world.stranger();
    let (user, password) = (name.to_owned(), world.password().to_owned());
    let sign_in = SignIn { tenant: None, user, password, cookie: false };
    client.sign_in(&sign_in).await.expect("signed in");
    client
}

/// Waits until the agent was refused at sign-in since it, or its site, was last started.
async fn refused_sign_ins(agent: &AgentOnDevice, at_least: usize) {
    eventually("a refused sign-in", async || {
        let log = agent.log("CcmNotificationAgent.log").folded();
        let refusals = log.iter().filter(|line| line.contains("refused the sign-in: revoked")).count();
        (refusals >= at_least).then_some(())
    })
    .await;
}

/// Returns the address at which the site's devices look for their notification server.
fn channel(files: &Path) -> String {
    let text = fs::read_to_string(files.join("site.toml")).expect("the site's configuration");
    let line = text.lines().find_map(|line| line.strip_prefix("listen = \"")).expect("an address");
    line.trim_end_matches('"').to_owned()
}

/// Enrols a device; returns whether it was let in, and what the agent said.
fn enrol(world: &World, name: &str, token: &str) -> (bool, String) {
    let folder = world.files().join(name);
    fs::create_dir_all(&folder).expect("a folder");
    let config = folder.join("agent.toml");
    let text = format!(
        "folder = \"{0}/state\"\nlog-folder = \"{0}/logs\"\nfile-root = \"{0}\"\nname = \"{name}\"\n",
        folder.display()
    );
    fs::write(&config, text).expect("the agent's configuration");
    let output = std::process::Command::new(e2e::binary("tenon-agent"))
        .args(["enrol", "--config"])
        .arg(&config)
        .args(["--token", token])
        .output()
        .expect("tenon-agent starts");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}
