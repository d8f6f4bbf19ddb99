//! What is not valid is refused with an error that names the thing, and nothing is lost.

use action::{ActionKind, DeviceId, State};
use console_api::{Client, ClientOptions, Kind, NewAction, NewTarget};
use e2e::{World, WorldOptions, binary};
use std::{process::Command, time::Duration};

#[test]
fn a_configuration_key_that_does_not_exist_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("site.toml");
    std::fs::write(&config, "folder = \"/tmp/x\"\nname = \"x\"\nlissten = 1\n").expect("a file");
    let output =
        Command::new(binary("tenon")).args(["site", "--config"]).arg(&config).output().expect("tenon starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{err}");
    assert!(err.contains("lissten") && err.contains("line 3"), "{err}");
}

#[tokio::test]
async fn a_malformed_policy_is_refused_at_the_site_with_its_place() {
    let world = World::start(WorldOptions::default()).await;
    let policy = world.files().join("bad.yaml");
    for (text, named) in [
        ("resources: [", "line"),
        (
            "$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json\nresources:\n  - name: a\n    \
             type: Tenon.Linux/Nothing\n    properties: {}\n",
            "Tenon.Linux/Nothing",
        ),
    ] {
        std::fs::write(&policy, text).expect("a file");
        let args = ["policy", "put", "bad", &policy.display().to_string(), "--collection", "SMS00001"];
        let (done, _, err) = world.site.try_tenon(&args);
        assert!(!done && err.contains(named) && err.contains("fix:"), "{text}: {err}");
    }
    let listed = world.site.tenon(&["policy", "list", "--json"]);
    assert_eq!(listed.trim(), "[]", "nothing of it was stored");
}

#[tokio::test]
async fn an_action_for_an_unknown_device_is_refused_by_name() {
    let world = World::start(WorldOptions::default()).await;
    let unknown = DeviceId(uuid::Uuid::new_v4());
    let error = world.client.create_action(&ask(unknown), "unknown").await.expect_err("no such device");
    let problem = error.problem().expect("the console says why");
    assert!(matches!(problem.status, 404 | 422), "{problem:?}");
    assert!(problem.detail.contains(&unknown.to_string()) && !problem.fix.is_empty(), "{problem:?}");
}

#[tokio::test]
async fn a_token_that_is_not_valid_and_a_body_of_100_mb_are_refused() {
    let world = World::start(WorldOptions::default()).await;
    let options = ClientOptions {
        url: world.url.clone(),
        token: Some("not-a-token".to_owned()),
        ca_pem: None,
        patience: Duration::from_secs(30),
    };
    let stranger = Client::new(options).expect("a client");
    let problem = stranger.me().await.expect_err("nobody").problem().cloned().expect("the console says why");
    assert_eq!(problem.status, 401, "{problem:?}");

    let large = NewAction { param: "x".repeat(100 << 20), ..ask(DeviceId(uuid::Uuid::new_v4())) };
    let error = world.client.create_action(&large, "large").await.expect_err("far too large");
    if let Some(problem) = error.problem() {
        assert_eq!(problem.status, 413, "{problem:?}");
    }
    world.client.me().await.expect("the console goes on");
}

#[tokio::test]
async fn a_join_token_is_refused_without_saying_why_and_the_agent_says_what_to_do() {
    let world = World::start(WorldOptions::default()).await;
    let token = world.site.tenon(&["join-token", "create", "--url", "https://127.0.0.1:1"]);
    let config = world.files().join("agent.toml");
    let folder = world.files().join("a");
    std::fs::write(
        &config,
        format!(
            "folder = \"{0}/state\"\nlog-folder = \"{0}/logs\"\nfile-root = \"{0}\"\nname = \"a\"\n",
            folder.display()
        ),
    )
    .expect("a file");
    for wrong in ["TJ1.AAAA", token.trim()] {
        let output = Command::new(binary("tenon-agent"))
            .args(["enrol", "--config"])
            .arg(&config)
            .args(["--token", wrong])
            .output()
            .expect("tenon-agent starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && !err.is_empty(), "{wrong}: {err}");
    }
}

#[tokio::test]
async fn the_first_conclusion_of_a_cancelled_action_stands() {
    let world = World::start(WorldOptions::default()).await;
    let mut agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    agent.program.kill();
    let device = world.device(&device.name, |device| !device.online).await;
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    world.reached(task_guid, State::Queued).await;
    world.client.cancel_action(task_guid).await.expect("the console takes it");
    let action = world.ended(task_guid).await;
    assert_eq!(action.state, State::Cancelled, "{action:#?}");
    agent.restart();
    world.device("kassa-1", |device| device.online).await;
    let probe = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(probe).await.state, State::Done);
    assert_eq!(world.client.action(task_guid).await.expect("the action").state, State::Cancelled);
}

fn ask(device: DeviceId) -> NewAction {
    NewAction {
        kind: Kind(ActionKind::MACHINE_POLICY),
        target: NewTarget::Device { device },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    }
}
