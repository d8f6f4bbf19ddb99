//! Other ways: a blocked port, a link that is cut, a site that comes back from its backup.

use action::{ActionKind, State};
use e2e::{World, WorldOptions};
use testkit::{connect_proxy::ConnectProxy, network::Weather};

#[tokio::test]
async fn an_agent_that_cannot_reach_the_channel_uses_the_websocket() {
    let world = World::start(WorldOptions { blocked_channel: true, ..WorldOptions::default() }).await;
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);
    let log = agent.log("CcmNotificationAgent.log").folded();
    assert!(log.iter().any(|line| line.contains("WebSocket")), "{log:?}");
}

// The proxy is a task of this process, which must go on while the story waits for a command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_behind_a_proxy_enrols_and_works_through_it() {
    let world = World::start(WorldOptions::default()).await;
    let proxy = ConnectProxy::start(|_| true).await.expect("a proxy");
    let agent = world.add_agent_with("kassa-1", &format!("proxy = \"http://{}\"\n", proxy.address()));
    let device = world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);
    let asked = proxy.asked();
    for server in world.site.servers() {
        assert!(asked.contains(&server), "{server} is not among {asked:?}");
    }
    drop(agent);
}

// The link is a task of this process, which must go on while the story waits for a command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_link_is_cut_actions_wait_and_the_admin_sees_since_when() {
    let world = World::start(WorldOptions { fragile_link: true, ..WorldOptions::default() }).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let link = world.link.as_ref().expect("a link that can be cut");
    link.set(Weather::Cut);
    let site = e2e::eventually("the console notices", async || {
        let site = world.client.sites().await.ok()?.into_iter().next()?;
        (!site.link.up).then_some(site)
    })
    .await;
    assert!(site.link.since.is_some(), "{site:?}");

    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    let waiting = world.waits(task_guid).await;
    assert_eq!(
        (waiting.state, waiting.why.expect("a reason").reason.as_str()),
        (State::Pending, "connector_away")
    );

    link.set(Weather::Fair);
    assert_eq!(world.ended(task_guid).await.state, State::Done);
}

#[tokio::test]
async fn a_site_that_comes_back_from_its_backup_is_known_to_its_devices() {
    let mut world = World::start(WorldOptions::default()).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let copy = world.files().join("copy");
    let config = world.files().join("site.toml").display().to_string();
    world.site.tenon(&["backup", "site", "--config", &config, &copy.display().to_string()]);

    world.site.stop();
    std::fs::rename(&world.site.folder, world.files().join("lost")).expect("the folder is lost");
    std::fs::rename(&copy, &world.site.folder).expect("the copy takes its place");
    world.site.start_again();

    world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);
}
