//! The site's keys are replaced while devices are connected, and a device that has lost its key comes back as itself.

use action::{ActionKind, State};
use e2e::{World, WorldOptions, eventually};

const POLICY: &str = "\
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
  - name: greeting
    type: Tenon.Linux/File
    properties:
      path: /etc/motd
      content: Managed by Tenon.
";

#[tokio::test]
async fn every_key_is_replaced_and_no_device_is_lost() {
    let mut world = World::start(WorldOptions::default()).await;
    let policy = world.files().join("greeting.yaml");
    std::fs::write(&policy, POLICY).expect("a policy document");
    world.site.tenon(&[
        "policy",
        "put",
        "greeting",
        &policy.display().to_string(),
        "--collection",
        "SMS00001",
    ]);
    let agent = world.add_agent("kassa-1");
    let mut away = world.add_agent("kassa-2");
    let device = world.device("kassa-1", |device| device.online).await;
    world.device("kassa-2", |device| device.online).await;
    let early = world.join_token(1);
    away.program.kill();

    for key in ["task", "policy", "ca", "root"] {
        let told = world.site.tenon(&["site", "trust", "rotate", key]);
        assert!(told.contains("is believed until"), "{told}");
    }
    let listed = world.site.tenon(&["site", "trust", "list"]);
    assert_eq!(listed.lines().filter(|line| line.contains("until")).count(), 4, "{listed}");

    // Who is connected learns of the keys when the first task is signed by a new one.
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    let action = world.ended(task_guid).await;
    assert_eq!(action.state, State::Done, "{:?}", action.why);
    // Notification server and management point take the new CA while they run.
    let renewed = "Renewed the server certificate";
    eventually("server certificates of the new CA", async || {
        let said = |log| world.site.log(log).folded().iter().any(|line| line.starts_with(renewed));
        (said("BgbServer.log") && said("ManagementPoint.log")).then_some(())
    })
    .await;
    // Who was away meets servers whose CA it does not know, and learns of it from the trust document.
    away.restart();
    let device = world.device("kassa-2", |device| device.online).await;
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);

    // A token of before leads to the site still, and a device that joins now believes the new keys.
    let late = world.add_agent_by("kassa-3", &early);
    let device = world.device("kassa-3", |device| device.online).await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);
    world.site.stop();
    world.site.start_again();
    let device = world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done, "the same after a restart");
    drop((agent, late));
}

#[tokio::test]
async fn a_device_that_has_lost_its_key_comes_back_as_itself() {
    let world = World::start(WorldOptions::default()).await;
    let mut agent = world.add_agent("kassa-1");
    let before = world.device("kassa-1", |device| device.online).await;
    agent.program.kill();
    std::fs::remove_dir_all(world.files().join("kassa-1/state")).expect("the key is lost");
    let url = world.management_url();
    let args = ["join-token", "create", "--url", &url, "--device", &before.id.to_string()];
    let token = world.site.tenon(&args);
    let agent = world.add_agent_by("kassa-1", token.trim());
    let after = world.device("kassa-1", |device| device.online).await;
    assert_eq!(after.id, before.id);
    let task_guid = world.ask(ActionKind::PROBE, &after).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);
    drop(agent);
}
