//! The admin center's page, in a real browser, against the real programs.

use console_api::{Holder, NewAssignment, NewUser, Role};
use e2e::{
    World, WorldOptions,
    page::{Story, Told},
};
use service::shutdown::Shutdown;
use swarm::{Config, Swarm};
use testkit::network::Weather;

const POLICY: &str = "\
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
  - name: greeting
    type: Tenon.Linux/File
    properties:
      path: /etc/motd
      content: Managed by Tenon.
";

/// Names that a device can enrol with, and that no screen may take for anything but text.
const HOSTILE: [&str; 4] =
    ["<script>alert(1)</script>", "=1+1", "\u{202e}gnp.exe", "\u{5d0}\u{5d1}\u{5d2} and <img src=x>"];

#[tokio::test]
async fn a_device_is_found_by_typing_and_each_action_ends_with_its_honest_answer() {
    let world = World::start(vouched()).await;
    let _agent = with_policy(&world).await;
    let told = Told::of(&world).text("device", "kassa-1").texts("honest", &["done", "not_supported"]);
    Story::start("actions", &world, told).ends_well().await;
}

#[tokio::test]
async fn who_may_not_act_reads_why() {
    let world = World::start(WorldOptions { may_act: false, ..vouched() }).await;
    let _agent = world.add_agent("kassa-1");
    world.device("kassa-1", |device| device.online).await;
    let password = "a reader's password";
    let reader = NewUser {
        name: "rita".to_owned(),
        role: Role::ReadOnlyOperator,
        display_name: None,
        password: Some(password.to_owned()),
    };
    world.client.create_user(&reader).await.expect("an account");
    let told =
        Told::of(&world).text("device", "kassa-1").text("reader", "rita").text("readerPassword", password);
    Story::start("refused", &world, told).ends_well().await;
}

// The link is a task of this process, which must go on while the story waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_within_ten_seconds_that_a_connector_is_away() {
    let world = World::start(WorldOptions { fragile_link: true, ..vouched() }).await;
    let _agent = world.add_agent("kassa-1");
    world.device("kassa-1", |device| device.online).await;
    let (cut, mend) = (world.files().join("cut"), world.files().join("mend"));
    let told = Told::of(&world)
        .text("device", "kassa-1")
        .text("cut", &cut.display().to_string())
        .text("mend", &mend.display().to_string());
    let story = Story::start("away", &world, told);
    let link = world.link.as_ref().expect("a link that can be cut");
    let weather = async {
        e2e::eventually("the story asks for the cut", async || cut.exists().then_some(())).await;
        link.set(Weather::Cut);
        std::fs::write(cut.with_extension("done"), "").expect("a sign for the story");
        e2e::eventually("the story asks for the end of the cut", async || mend.exists().then_some(())).await;
        link.set(Weather::Fair);
    };
    tokio::join!(story.ends_well(), weather);
}

#[tokio::test]
async fn the_whole_way_in_dutch_with_the_keyboard_alone() {
    let world = World::start(vouched()).await;
    let _agent = with_policy(&world).await;
    Story::start("dutch", &world, Told::of(&world).text("device", "kassa-1")).ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_is_accessible_and_takes_names_for_nothing_but_names() {
    let world = World::start(vouched()).await;
    let _agent = with_policy(&world).await;
    let mut swarms = Vec::new();
    for name in HOSTILE {
        swarms.push(devices(&world, name, 1).await);
    }
    all_online(&world, HOSTILE.len() + 1).await;
    let device = world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(action::ActionKind::MACHINE_POLICY, &device).await;
    world.ended(task_guid).await;
    Story::start("screens", &world, Told::of(&world).texts("names", &HOSTILE)).ends_well().await;
    for swarm in swarms {
        swarm.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_devices_exactly_the_ten_that_are_offline_wait() {
    const ONLINE: u32 = 990;
    const OFFLINE: u32 = 10;
    let world = World::start(WorldOptions { throttle: (0, 0), ..vouched() }).await;
    let online = devices(&world, "on-", ONLINE).await;
    let offline = devices(&world, "off-", OFFLINE).await;
    all_online(&world, 1_000).await;
    offline.end().await;
    e2e::eventually("ten devices are offline", async || {
        let site = world.client.sites().await.ok()?.into_iter().next()?;
        (site.online == u64::from(ONLINE)).then_some(())
    })
    .await;
    let names: Vec<String> = (1..=OFFLINE).map(|number| format!("off-{number:05}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let told = Told::of(&world).number("devices", 1_000).number("offline", 10).texts("offlineNames", &names);
    Story::start("fleet", &world, told).ends_well().await;
    online.end().await;
}

#[tokio::test]
async fn an_action_runs_by_the_signature_of_a_page_that_was_paired() {
    let world = World::start(WorldOptions::default()).await;
    let _agent = with_policy(&world).await;
    let user = world.admin.to_string();
    let code = world.site.tenon(&["site", "pair", "--user", &user, "--name", "ann", "--level", "web"]);
    let told = Told::of(&world).text("device", "kassa-1").text("code", code.trim());
    Story::start("signed", &world, told).ends_well().await;
}

#[tokio::test]
async fn an_action_runs_by_the_signature_of_a_page_that_a_provider_bound() {
    let mut world = World::start(WorldOptions { with_provider: true, ..WorldOptions::default() }).await;
    let _agent = with_policy(&world).await;
    let provider = world.provider.as_mut().expect("a provider");
    provider.person("4711", "bo", &["operators"]);
    let (issuer, ca_file) = (provider.issuer.clone(), provider.ca_file.display().to_string());
    let person = proof::person_of(&issuer, "sub", "4711").to_string();
    let pin = [
        "site",
        "issuer",
        "set",
        &issuer,
        "--ca-file",
        &ca_file,
        "--private-addresses",
        "--web-client",
        "page",
    ];
    world.site.tenon(&pin);
    world.site.tenon(&["role", "assign", "Operations Administrator", "--user", &person, "--name", "Bo"]);
    let roles = world.client.roles().await.expect("roles");
    let role = roles.iter().find(|role| role.name == "Help Desk Operator").expect("built in").id;
    let holder = Holder::Group { group: "operators".to_owned() };
    let assignment = NewAssignment { role, holder, sites: Vec::new(), device_groups: Vec::new() };
    world.client.assign(&assignment).await.expect("assigned");
    let told = Told::of(&world).text("device", "kassa-1").text("provider", &issuer);
    Story::start("signed", &world, told).ends_well().await;
}

/// In these stories nobody has paired the page: the site's owner lets the console vouch for its person.
fn vouched() -> WorldOptions {
    WorldOptions { vouched: true, ..WorldOptions::default() }
}

async fn with_policy(world: &World) -> e2e::AgentOnDevice {
    let policy = world.files().join("greeting.yaml");
    std::fs::write(&policy, POLICY).expect("a policy document");
    let policy = policy.display().to_string();
    world.site.tenon(&["policy", "put", "greeting", &policy, "--collection", "SMS00001"]);
    let agent = world.add_agent("kassa-1");
    world.device("kassa-1", |device| device.online && device.compliance.is_some()).await;
    agent
}

async fn devices(world: &World, prefix: &str, count: u32) -> Swarm {
    let config = Config { name_prefix: prefix.to_owned(), ..Config::new(world.join_token(count), count) };
    swarm::start(config, Shutdown::new()).await.expect("simulated devices")
}

async fn all_online(world: &World, count: usize) {
    e2e::eventually("all devices are online", async || {
        let site = world.client.sites().await.ok()?.into_iter().next()?;
        (usize::try_from(site.online).ok()? == count).then_some(())
    })
    .await;
}
