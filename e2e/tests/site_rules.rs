//! What a site's owner decides about all that runs there: scopes, discovery, rings, the emergency stop, the attachment. With
//! the real programs.

use std::time::Duration;

use action::{ActionKind, OfflinePolicy, State, TaskGuid};
use console_api::{Kind, NewAction, NewTarget, SiteState, TargetQuery};
use e2e::{AgentOnDevice, World, WorldOptions, eventually};

#[tokio::test]
async fn a_role_that_is_limited_to_a_scope_reaches_what_carries_it() {
    let world = World::start(WorldOptions { may_act: false, ..WorldOptions::default() }).await;
    let (_till, _desk) = (world.add_agent("till-1"), world.add_agent("desk-1"));
    let till = world.device("till-1", |device| device.online).await;
    let desk = world.device("desk-1", |device| device.online).await;
    let ann = world.admin.to_string();
    let site = |args: &[&str]| world.site.tenon(args);
    site(&["collection", "put", "Tills", "--query", "name startsWith \"till-\""]);
    site(&["scope", "put", "Retail", "--description", "what stands in shops"]);
    let assign = ["role", "assign", "Operations Administrator", "--user", &ann, "--name", "ann"];
    site(&[&assign[..], &["--scope", "Retail"]].concat());
    let listed = site(&["scope", "list"]);
    assert!(listed.contains("Retail") && listed.contains("what stands in shops"), "{listed}");

    let nowhere = "the device is outside the collections of the role (All Devices; limited to the scopes: Retail); a \
                   collection that holds it can be granted by the site's owner";
    refused(&world, &till, "device_outside_collections", nowhere).await;
    let explained = site(&["site", "explain", "ann", "sync-machine-policy", "till-1"]);
    assert!(explained.contains("the collection carries no such scope"), "{explained}");

    site(&["scope", "carry", "Tills", "--scope", "Retail"]);
    let allowed = world.ask(ActionKind::MACHINE_POLICY, &till).await;
    assert_eq!(world.ended(allowed).await.state, State::Done);
    let who = site(&["site", "whocan", "sync-machine-policy", "till-1", "--json"]);
    assert!(who.contains("ann") && who.contains("of the scope Retail"), "{who}");
    let who = site(&["site", "whocan", "sync-machine-policy", "desk-1"]);
    assert!(who.contains("nobody may"), "{who}");
    let outside = nowhere.replace("(All", "(Tills, All");
    refused(&world, &desk, "device_outside_collections", &outside).await;
    let (removed, _, err) = world.site.try_tenon(&["scope", "remove", "Retail"]);
    assert!(!removed && err.contains("carries the scope"), "{err}");
}

#[tokio::test]
async fn an_emergency_stop_holds_everything_and_is_shown_everywhere() {
    let world = World::start(WorldOptions::default()).await;
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    world.site.tenon(&["site", "halt"]);
    let waiting = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    let action = world.waits(waiting).await;
    let why = action.why.expect("a reason");
    assert_eq!((action.state, &*why.reason), (State::Queued, "site_halted"), "{why:?}");
    assert!(why.fix.contains("tenon site resume"), "{}", why.fix);

    let status = world.site.tenon(&["site", "status"]);
    assert!(status.contains("halted: nothing is signed"), "{status}");
    let config = world.files().join("site.toml").display().to_string();
    let (_, doctor, err) = world.site.try_tenon(&["doctor", "site", "--config", &config]);
    assert!(format!("{doctor}{err}").contains("it is halted"), "{doctor}{err}");
    eventually("the halt at the console", async || {
        world.client.sites().await.ok()?.first().filter(|site| site.halted).map(|_| ())
    })
    .await;
    let new =
        NewAction { target: NewTarget::Device { device: device.id }, ..of_kind(ActionKind::MACHINE_POLICY) };
    let check = world.client.check_action(&new).await.expect("checked");
    let waits = check.sites[0].waits.as_ref().expect("it would wait");
    assert_eq!((check.allowed, &*waits.reason), (true, "site_halted"));
    let (done, out, err) =
        world.tenon_as("ann", &["action", "check", "sync-machine-policy", "--device", "kassa-1"]);
    assert!(done && out.contains("halted all releases"), "{out}{err}");
    let log = agent.log("CcmNotificationAgent.log").folded().join("\n");
    assert!(!log.contains("Receive task from server"), "nothing was signed: {log}");

    world.site.tenon(&["site", "resume"]);
    assert_eq!(world.ended(waiting).await.state, State::Done);
    eventually("the end of the halt at the console", async || {
        world.client.sites().await.ok()?.first().filter(|site| !site.halted).map(|_| ())
    })
    .await;
    let audit = world.site.tenon(&["site", "audit", "export"]);
    assert!(audit.contains("releases halted") && audit.contains("releases resumed"), "{audit}");
}

#[tokio::test]
async fn a_push_goes_ring_by_ring_and_stops_where_too_many_fail() {
    let world = World::start(WorldOptions::default()).await;
    let names = ["pilot-1", "shop-1", "shop-2"];
    let mut agents: Vec<AgentOnDevice> = names.iter().map(|name| world.add_agent(name)).collect();
    for name in names {
        world.device(name, |device| device.online).await;
    }
    world.site.tenon(&["collection", "put", "Pilot", "--query", "name startsWith \"pilot-\""]);
    world.site.tenon(&[
        "collection",
        "rollout",
        "SMS00001",
        "--ring",
        "Pilot:done=100",
        "--stop-above",
        "10",
    ]);

    // The pilot is away: the next ring waits, and says for what.
    agents[0].program.kill();
    world.device("pilot-1", |device| !device.online).await;
    let push = to_all(&world, ActionKind::PROBE).await;
    eventually("shops that wait for their ring", async || {
        let targets = world.client.targets(push, &TargetQuery::default()).await.ok()?.items;
        let waits = |name: &str| {
            let target = targets.iter().find(|target| target.name == name)?;
            target.why.as_ref().filter(|why| why.reason == "ring_waits")
        };
        (waits("shop-1").is_some() && waits("shop-2").is_some()).then_some(())
    })
    .await;
    agents[0].restart();
    let action = world.ended(push).await;
    assert_eq!(action.counts.get("done"), Some(&3), "{action:#?}");

    // An agent that does not know a kind has failed: the shops are spared.
    let push = to_all(&world, ActionKind(1_999)).await;
    let action = world.ended(push).await;
    assert_eq!(action.counts.get("not_supported"), Some(&1), "{action:#?}");
    assert_eq!(action.counts.get("refused"), Some(&2), "{action:#?}");
    let targets = world.client.targets(push, &TargetQuery::default()).await.expect("targets").items;
    for target in targets.iter().filter(|target| target.name != "pilot-1") {
        let why = target.why.as_ref().expect("a reason");
        assert_eq!(why.reason, "rollout_stopped");
        assert_eq!(why.text, "the rollout was stopped: 1 of 1 devices failed, where at most 10 % may");
    }
    for agent in &agents[1..] {
        let log = agent.log("CcmNotificationAgent.log").folded().join("\n");
        assert!(!log.contains("tasktype=1999"), "{}: {log}", agent.name);
    }
}

#[tokio::test]
async fn a_site_is_offboarded_from_either_end_and_attached_again_at_once() {
    let mut world = World::start(WorldOptions::default()).await;
    let _agent = world.add_agent("kassa-1");
    world.device("kassa-1", |device| device.online).await;
    let begun = std::time::Instant::now();
    let told = world.site.tenon(&["site", "offboard"]);
    assert!(told.contains("the console has confirmed it"), "{told}");
    let shown = world.client.sites().await.expect("sites").remove(0);
    assert_eq!((shown.state, shown.devices), (SiteState::Offboarded, 0));
    attach(&world).await;
    world.device("kassa-1", |device| device.online).await;

    world.client.offboard(shown.id).await.expect("offboarded");
    eventually("the end of the attachment at the site", async || {
        world.site.tenon(&["site", "status"]).contains("to no console").then_some(())
    })
    .await;
    attach(&world).await;
    let device = world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(
        world.ended(task_guid).await.state,
        State::Done,
        "what was paired before is as good as before"
    );
    assert!(begun.elapsed() < Duration::from_secs(60), "it took {:?}", begun.elapsed());

    // The console is gone for good.
    world.console.kill();
    let (done, _, err) = world.site.try_tenon(&["site", "offboard"]);
    assert!(!done && err.contains("--force"), "{err}");
    let told = world.site.tenon(&["site", "offboard", "--force"]);
    assert!(told.contains("the console was not told"), "{told}");
    assert!(world.site.tenon(&["site", "status"]).contains("to no console"));
}

async fn attach(world: &World) {
    let code = world.client.create_attach_code().await.expect("a code").code;
    let told = world.site.tenon(&["site", "attach", "--console", &world.url, "--code", &code]);
    for check in ["ok  reachability", "ok  clock", "ok  code", "ok  tenant", "ok  link, there and back"] {
        assert!(told.contains(check), "{check}: {told}");
    }
    let again = ["site", "attach", "--console", &world.url, "--code", &code];
    let (done, _, err) = world.site.try_tenon(&again);
    assert!(!done && err.contains("already attached"), "{err}");
}

async fn refused(world: &World, device: &console_api::Device, reason: &str, text: &str) {
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, device).await;
    let why = world.ended(task_guid).await.why.expect("a refusal has a reason");
    assert_eq!((&*why.reason, &*why.text), (reason, text));
}

async fn to_all(world: &World, kind: ActionKind) -> TaskGuid {
    let site = world.client.sites().await.expect("sites").remove(0).id;
    let target = NewTarget::Collection { site, collection: "SMS00001".to_owned(), at_most: Some(5) };
    world.ask_signed(&NewAction { target, ..of_kind(kind) }).await
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
