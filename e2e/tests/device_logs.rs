//! The logs of an agent from the admin center, and the checks of a site and of an agent, with the real programs.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use action::{ActionKind, State};
use console_api::{Kind, NewAction, NewTarget, NewUser, Role, SignIn};
use e2e::{AgentOnDevice, World, WorldOptions, binary, eventually};

/// A world with one device; the site lets the console vouch for what is asked here by a token.
async fn with_device() -> (World, AgentOnDevice, console_api::Device) {
    let world = World::start(WorldOptions { vouched: true, ..WorldOptions::default() }).await;
    for kind in ["collect-logs", "log-level"] {
        world.site.tenon(&["site", "level", "set", kind, "web"]);
    }
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    (world, agent, device)
}

#[tokio::test]
async fn the_logs_of_an_agent_are_collected_without_secrets_and_read_by_who_may() {
    let (world, agent, device) = with_device().await;
    let token = world.client.token().expect("signed in").to_owned();
    let logs = agent.root.with_file_name("logs");
    let log = logs.join("PolicyAgent.log");
    let mut text = fs::read_to_string(&log).unwrap_or_default();
    text.push_str(&format!("a stray line with Authorization: Bearer {token}\n"));
    fs::write(&log, text).expect("written");
    fs::write(logs.join("other.log"), "of another program\n").expect("written");

    let folder = world.files().join("read");
    let output = folder.display().to_string();
    let (code, told) = world.tenon(&["device", "logs", "kassa-1", "--collect", "--output", &output]).await;
    assert_eq!(code, 0, "{told}");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert!(read("CcmNotificationAgent.log").contains("Receive task from server"), "{told}");
    assert!(read("PolicyAgent.log").contains("a stray line with Authorization: Bearer [removed]"), "{told}");
    assert!(!folder.join("other.log").exists(), "only the agent's own");
    let all: String = fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .map(|entry| read(&entry.file_name().to_string_lossy()))
        .collect();
    assert!(!all.contains(&token));

    let (code, told) = world.tenon(&["device", "logs", "kassa-1"]).await;
    assert!(code == 0 && told.contains("COLLECTED BY"), "{told}");
    let listed = world.client.device_logs(device.id, None, 0).await.expect("listed").collected;
    assert_eq!((listed.len(), listed[0].stored), (1, listed[0].parts));
    let audit = world.client.audit(None).await.expect("the audit");
    assert!(audit.items.iter().any(|entry| entry.what == "device.logs.read"), "the reading is in the audit");
    let reading = format!("The logs of client {} are read by", device.id);
    eventually("the site's log tells who read", async || {
        let lines = world.site.log("CMGatewayNotificationWorker.log").raw();
        lines.into_iter().find(|line| line.contains(&reading))
    })
    .await;

    // Less is collected where less is asked for.
    let small = world.files().join("small");
    let output = small.display().to_string();
    let args = ["device", "logs", "kassa-1", "--collect", "--max-kib", "1", "--output", &output];
    let (code, told) = world.tenon(&args).await;
    assert_eq!(code, 0, "{told}");
    let size: u64 = fs::read_dir(&small)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.metadata().expect("there").len())
        .sum();
    assert!(size <= 1024, "{size}");

    // A help desk operator acts on devices, and neither collects nor reads logs.
    let password = world.password().to_owned();
    let new = NewUser {
        name: "hank".into(),
        role: Role::HelpDeskOperator,
        display_name: None,
        password: Some(password.clone()),
    };
    world.client.create_user(&new).await.expect("an account");
    let mut hank = world.stranger();
    let sign_in = SignIn { tenant: None, user: "hank".into(), password, cookie: false };
    hank.sign_in(&sign_in).await.expect("signed in");
    let collect = NewAction {
        kind: Kind(ActionKind::COLLECT_LOGS),
        target: NewTarget::Device { device: device.id },
        param: String::new(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: None,
        task_guid: None,
    };
    for refused in [
        hank.device_logs(device.id, None, 0).await.map(drop),
        hank.create_action(&collect, "k").await.map(drop),
    ] {
        let error = refused.expect_err("refused");
        assert!(error.problem().is_some_and(|problem| problem.status == 403), "{error}");
    }
}

#[tokio::test]
async fn the_site_needs_its_own_permission_for_logs() {
    let (world, _agent, device) = with_device().await;
    let ann = world.admin.to_string();
    world.site.tenon(&["role", "unassign", "Operations Administrator", "--user", &ann]);
    let put = ["role", "put", "Notifier", "--permission", "Collection / Notify Resource"];
    let reading = ["--permission", "Collection / Read", "--permission", "Collection / Read Resource"];
    world.site.tenon(&[&put[..], &reading].concat());
    world.site.tenon(&["role", "assign", "Notifier", "--user", &ann, "--name", "ann"]);
    let task_guid = world.ask(ActionKind::COLLECT_LOGS, &device).await;
    let ended = world.ended(task_guid).await;
    assert_eq!(ended.state, State::Refused, "{ended:?}");
    let why = ended.why.expect("a reason");
    assert!(why.text.contains("Collection / Collect Logs"), "{why:?}");
    let error = world.client.device_logs(device.id, None, 0).await.expect_err("the site refuses");
    assert!(error.problem().is_some_and(|problem| problem.kind.ends_with("refused-by-site")), "{error}");
    let probe = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(probe).await.state, State::Done, "what it permits is done");
}

#[tokio::test]
async fn one_devices_logs_say_more_for_a_time_also_after_a_restart() {
    let (world, mut agent, device) = with_device().await;
    let detailed = |agent: &AgentOnDevice| {
        let lines = agent.log("CcmNotificationAgent.log").raw();
        lines.iter().filter(|line| line.contains("The notification server says:")).count()
    };
    let probe = async || {
        let task_guid = world.ask(ActionKind::PROBE, &device).await;
        assert_eq!(world.ended(task_guid).await.state, State::Done);
    };
    probe().await;
    assert_eq!(detailed(&agent), 0, "as usual");
    let args = ["device", "log-level", "kassa-1", "detailed", "--minutes", "5"];
    let (code, told) = world.tenon(&args).await;
    assert_eq!(code, 0, "{told}");
    probe().await;
    assert!(detailed(&agent) > 0);
    agent.restart();
    world.device("kassa-1", |device| device.online).await;
    let before = detailed(&agent);
    probe().await;
    assert!(detailed(&agent) > before, "the restart has kept it");
    let (code, told) = world.tenon(&["device", "log-level", "kassa-1", "usual"]).await;
    assert_eq!(code, 0, "{told}");
    let before = detailed(&agent);
    probe().await;
    assert_eq!(detailed(&agent), before, "as usual again");
}

#[tokio::test]
async fn a_sites_own_checks_are_its_health_at_the_console() {
    let world = World::start(WorldOptions::default()).await;
    let site = world.client.sites().await.expect("sites").remove(0).id;
    fs::set_permissions(&world.site.folder, fs::Permissions::from_mode(0o755)).expect("a mode");
    let health = world.client.site_health(site).await.expect("told");
    let outcome = |name: &str| {
        let check = health.checks.iter().find(|check| check.name == name);
        check.unwrap_or_else(|| panic!("no check `{name}` in {:?}", health.checks)).outcome.clone()
    };
    for name in [
        "configuration",
        "disk",
        "database",
        "authority",
        "throttle",
        "proxy",
        "DNS",
        "way to the console",
        "TLS chain",
        "clock",
        "version",
        "link to the console",
        "DNS of the servers",
        "notification server",
        "certificate of the notification server",
        "management point",
        "certificate of the management point",
    ] {
        assert_eq!(outcome(name), "good", "{name}: {:?}", health.checks);
    }
    assert_eq!(outcome("folder"), "warning");
    let folder = health.checks.iter().find(|check| check.name == "folder").expect("there");
    assert!(folder.fix.contains("chmod 700"), "{folder:?}");

    // The same at the site itself.
    let config = world.files().join("site.toml").display().to_string();
    let told = world.site.tenon(&["doctor", "site", "--json", "--config", &config]);
    for check in &health.checks {
        assert!(told.contains(&format!("\"{}\"", check.name)), "{} is not in {told}", check.name);
    }
}

#[tokio::test]
async fn an_agents_doctor_finds_what_is_wrong_on_the_device() {
    let (mut world, mut agent, _device) = with_device().await;
    let doctor = |agent: &AgentOnDevice| {
        let config = agent.config.clone();
        let output = Command::new(binary("tenon-agent"))
            .args(["doctor", "--json", "--config"])
            .arg(config)
            .output()
            .expect("it starts");
        let checks: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (output.status.code(), checks)
    };
    let (code, checks) = doctor(&agent);
    assert_eq!(code, Some(0), "{checks}");
    let names: Vec<_> =
        checks.as_array().expect("a list").iter().map(|check| check["name"].clone()).collect();
    let expected = [
        "configuration",
        "folder",
        "disk",
        "database",
        "enrolment",
        "certificate",
        "proxy",
        "DNS",
        "management point",
        "TLS chain",
        "clock",
        "version",
        "notification server",
        "channel",
    ];
    assert_eq!(names, expected, "{checks}");

    world.site.stop();
    agent.program.kill();
    let (code, checks) = doctor(&agent);
    assert_eq!(code, Some(2), "{checks}");
    let failed = |name: &str| {
        let list = checks.as_array().expect("a list");
        list.iter().any(|check| check["name"] == name && check["outcome"] == "failed" && check["fix"] != "")
    };
    assert!(failed("management point") && failed("notification server"), "{checks}");
}
