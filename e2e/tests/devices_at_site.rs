//! Devices as their site's owner sees them: approved, taken over, revoked while they are away, retired, deleted. With the
//! real programs.

use std::{fs, time::Duration};

use action::{ActionKind, Hop, State};
use e2e::{AgentOnDevice, World, WorldOptions, eventually};
use serde_json::Value;

#[tokio::test]
async fn what_waits_for_a_device_that_is_revoked_while_it_is_away_is_refused_with_that_reason() {
    let world = World::start(WorldOptions::default()).await;
    let mut agent = world.add_agent("kassa-1");
    world.device("kassa-1", |device| device.online).await;
    agent.program.kill();
    let device = world.device("kassa-1", |device| !device.online).await;
    let waiting = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    world.reached(waiting, State::Queued).await;

    let revoked = std::time::Instant::now();
    world.site.tenon(&["site", "revoke", &device.id.to_string()]);
    let action = world.ended(waiting).await;
    assert!(revoked.elapsed() < Duration::from_secs(20), "it took {:?}", revoked.elapsed());
    let why = action.why.expect("a reason");
    assert_eq!((action.state, &*why.reason, why.hop), (State::Refused, "device_revoked", Hop::Authority));
    assert_eq!(
        why.text,
        "the site refuses this device: it was revoked, is held, or was taken out of service"
    );
    assert!(why.fix.contains("tenon join-token create --device"), "{}", why.fix);

    // It comes back, and gets nothing.
    agent.restart();
    eventually("a refused sign-in", async || {
        let log = agent.log("CcmNotificationAgent.log").folded();
        log.iter().any(|line| line.contains("refused the sign-in: revoked")).then_some(())
    })
    .await;
    let log = agent.log("CcmNotificationAgent.log").folded().join("\n");
    assert!(!log.contains("Receive task from server"), "{log}");
}

#[tokio::test]
async fn a_machine_that_was_set_up_anew_takes_its_record_over_once_the_owner_approves() {
    let world = World::start(WorldOptions::default()).await;
    let mut old = world.add_agent("kassa-1");
    let known = world.device("kassa-1", |device| device.online).await;
    old.program.kill();

    let token = approval_token(&world);
    let (done, said) = enrol(&world, "anew", &token);
    assert!(!done && said.contains("approval"), "{said}");
    let devices = listed(&world);
    let waits = devices.iter().find(|device| device["standing"] == "pending").expect("it waits");
    assert_eq!(waits["same_hardware_as"], known.id.to_string(), "the owner sees which machine it is");
    let waits = waits["device"].as_str().expect("an id").to_owned();

    let told =
        world.site.tenon(&["site", "device", "approve", &waits, "--takes-over", &known.id.to_string()]);
    assert!(told.contains("is admitted as"), "{told}");
    let agent = world.add_agent_by("anew", &token);
    let back = world.device("anew", |device| device.online).await;
    assert_eq!((back.id, back.resource_id), (known.id, known.resource_id), "the same record");
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &back).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);

    // The disk that was taken out, or the clone, is refused.
    old.restart();
    eventually("a refused sign-in", async || {
        let log = old.log("CcmNotificationAgent.log").folded();
        log.iter().any(|line| line.contains("refused the sign-in: revoked")).then_some(())
    })
    .await;
    let audit = world.site.tenon(&["site", "audit", "export"]);
    assert!(
        audit.contains("device taken over") && audit.contains(&format!("{} by {waits}", known.id)),
        "{audit}"
    );
    drop(agent);
}

#[tokio::test]
async fn a_device_is_admitted_retired_and_deleted_by_its_sites_owner() {
    let world = World::start(WorldOptions::default()).await;
    let token = approval_token(&world);
    let (done, said) = enrol(&world, "kassa-1", &token);
    assert!(!done && said.contains("approval"), "{said}");
    let pending = world.site.tenon(&["site", "device", "list", "--pending", "--json"]);
    let pending: Vec<Value> = serde_json::from_str(&pending).expect("json");
    let id = pending[0]["device"].as_str().expect("an id").to_owned();
    assert!(
        world.client.devices(&console_api::DeviceQuery::default()).await.expect("devices").items.is_empty()
    );
    world.site.tenon(&["site", "device", "approve", &id]);
    let agent: AgentOnDevice = world.add_agent_by("kassa-1", &token);
    let device = world.device("kassa-1", |device| device.online).await;
    assert_eq!(device.id.to_string(), id);

    world.site.tenon(&["site", "device", "retire", &id]);
    gone(&world).await;
    eventually("the end of its connection", async || {
        let log = agent.log("CcmNotificationAgent.log").folded();
        log.iter().any(|line| line.contains("refused the sign-in: revoked")).then_some(())
    })
    .await;
    assert_eq!(listed(&world)[0]["standing"], "retired", "its record is kept");
    world.site.tenon(&["site", "device", "delete", &id]);
    assert!(listed(&world).is_empty());
    drop(agent);
    // Its machine may come again, as a new device.
    fs::remove_dir_all(world.files().join("kassa-1")).expect("the agent's files");
    let again = world.add_agent("kassa-1");
    let anew = world.device("kassa-1", |device| device.online).await;
    assert_ne!(anew.id, device.id);
    drop(again);
}

/// Waits until the console shows no device.
async fn gone(world: &World) {
    eventually("an empty list at the console", async || {
        let devices = world.client.devices(&console_api::DeviceQuery::default()).await.ok()?.items;
        devices.is_empty().then_some(())
    })
    .await;
}

fn listed(world: &World) -> Vec<Value> {
    serde_json::from_str(&world.site.tenon(&["site", "device", "list", "--json"])).expect("json")
}

fn approval_token(world: &World) -> String {
    let url = world.management_url();
    world.site.tenon(&["join-token", "create", "--url", &url, "--approval"]).trim().to_owned()
}

/// Tries to enrol a device with the files that [`World::add_agent_by`] goes on with; returns whether it was let in, and what
/// the agent said.
fn enrol(world: &World, name: &str, token: &str) -> (bool, String) {
    let folder = world.files().join(name);
    fs::create_dir_all(folder.join("root")).expect("a folder");
    let config = folder.join("agent.toml");
    let text = format!(
        "folder = \"{0}/state\"\nlog-folder = \"{0}/logs\"\nfile-root = \"{0}/root\"\nname = \"{name}\"\n",
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
