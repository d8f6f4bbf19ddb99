//! Say why: each hop broken in turn, and what `tenon trace` says then; what `tenon diagnose` reads in the programs' own logs.

use action::{ActionKind, OfflinePolicy, State, TaskGuid};
use console_api::{Kind, NewAction, NewTarget};
use database::Db;
use e2e::{AgentOnDevice, Processes, World, WorldOptions, eventually};
use testkit::network::Weather;

/// A world with one device that is online, named `kassa-1`.
async fn with_device(options: WorldOptions) -> (World, AgentOnDevice, console_api::Device) {
    let world = World::start(options).await;
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    (world, agent, device)
}

/// Traces an action until the text holds all of `parts`.
async fn says(world: &World, task_guid: TaskGuid, parts: &[&str]) -> String {
    let guid = task_guid.to_string();
    eventually(&format!("a trace that says {parts:?}"), async || {
        let (_, text) = world.tenon(&["trace", &guid]).await;
        parts.iter().all(|part| text.contains(part)).then_some(text)
    })
    .await
}

/// Compares what a trace says, line by line, with what it must say. Moments are `TIME`, spans of time `SPAN`, and how long
/// each hop took is left out.
#[track_caller]
fn is(text: &str, task_guid: TaskGuid, expected: &[&str]) {
    let told: Vec<_> = text.lines().map(|line| shape(line, task_guid)).collect();
    assert_eq!(told, expected, "{text}");
}

fn shape(line: &str, task_guid: TaskGuid) -> String {
    let hops = ["admin center", "service connector", "authority", "notification server", "agent"];
    let line = match line.trim_start().chars().next() {
        Some('+' | '-') => {
            let from = hops.iter().filter_map(|hop| line.find(&format!(" {hop} "))).min();
            &line[from.unwrap_or_default()..]
        }
        _ => line,
    };
    let line = line.replace(&task_guid.to_string(), "GUID");
    let line = match line.split_once("waiting for ") {
        Some((before, _)) => format!("{before}waiting for SPAN"),
        None => line,
    };
    let words = line.split_whitespace().map(|word| {
        let is_time = word.len() >= 20 && word.starts_with("20") && word.ends_with(['Z', ';', ')']);
        if is_time {
            word.get(24..).map_or("TIME".to_owned(), |rest| format!("TIME{rest}"))
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_console_that_is_away_leaves_the_sites_own_logs() {
    let (mut world, agent, device) = with_device(WorldOptions::default()).await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    world.ended(task_guid).await;
    world.console.kill();
    let (code, text) = world.tenon(&["trace", &task_guid.to_string()]).await;
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("the admin center does not answer"), "{text}");
    assert!(text.contains("tenon diagnose"), "{text}");

    // And they do tell.
    let logs = [world.site.folder.join("logs"), agent.root.with_file_name("logs")];
    let paths: Vec<_> = logs.iter().map(|path| path.display().to_string()).collect();
    let guid = task_guid.to_string();
    let (code, text) = world.tenon(&["diagnose", "--task", &guid, &paths[0], &paths[1]]).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.to_lowercase().contains("done"), "{text}");
}

// The link is a task of this process, which must go on while the story waits for a command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_link_is_named_with_the_site_and_since_when() {
    let options = WorldOptions { fragile_link: true, ..WorldOptions::default() };
    let (world, _agent, device) = with_device(options).await;
    world.link.as_ref().expect("asked for").set(Weather::Cut);
    eventually("the console notices", async || {
        let site = world.client.sites().await.ok()?.into_iter().next()?;
        (!site.link.up).then_some(())
    })
    .await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    let parts = ["NOW at the service connector: the site Story does not answer since", "tenon doctor site"];
    let text = says(&world, task_guid, &parts).await;
    is(
        &text,
        task_guid,
        &[
            "Probe on kassa-1 GUID",
            "admin center asked for TIME by ann",
            "admin center pending TIME",
            "NOW at the service connector: the site Story does not answer since TIME; waiting for SPAN",
            "fix: Run `tenon doctor site` at the site's host: the site, its authority, its way to the console.",
            "the admin center answers",
            "the site Story does not answer since TIME",
        ],
    );
}

#[tokio::test]
async fn a_refusal_names_the_authority_and_who_can_grant_it() {
    let options = WorldOptions { may_act: false, ..WorldOptions::default() };
    let (world, _agent, device) = with_device(options).await;
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    world.ended(task_guid).await;
    let text = says(&world, task_guid, &["REFUSED at the authority:", "fix: ", "tenon role assign"]).await;
    is(
        &text,
        task_guid,
        &[
            "Sync machine policy on kassa-1 GUID",
            "admin center asked for TIME by ann",
            "admin center pending TIME",
            "service connector delivered to site TIME",
            "authority refused TIME the site does not know this person; a role can be granted by the site's owner",
            "REFUSED at the authority: the site does not know this person; a role can be granted by the site's owner",
            "fix: Have the site's administrator make this person known: `tenon role assign`.",
            "the admin center answers",
            "the site Story answers since TIME",
            "the device kassa-1 answers since TIME",
        ],
    );
    let guid = task_guid.to_string();
    let (code, text) = world.tenon(&["trace", &guid]).await;
    assert_eq!(code, 2, "{text}");
    let logs = world.site.folder.join("logs").display().to_string();
    let (code, text) = world.tenon(&["diagnose", "--task", &guid, &logs]).await;
    assert!(code == 2 && text.to_lowercase().contains("refused"), "{code} {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_keeps_the_action_before_the_connector() {
    let (world, _agent, device) = with_device(WorldOptions::default()).await;
    let url = format!("sqlite:{}", world.site.folder.join("site.db").display());
    let store = Db::open(&url).await.expect("the site's store");
    let locked = store.begin().await.expect("the lock");
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    let text = says(&world, task_guid, &["NOW at the service connector:", "tenon doctor site"]).await;
    is(
        &text,
        task_guid,
        &[
            "Probe on kassa-1 GUID",
            "admin center asked for TIME by ann",
            "admin center pending TIME",
            "NOW at the service connector: the service connector has it next; waiting for SPAN",
            "fix: Run `tenon doctor site` at the site's host: its connector is connected and has not taken the action.",
            "the admin center answers",
            "the site Story answers since TIME",
            "the device kassa-1 answers since TIME",
        ],
    );
    drop(locked);
    assert_eq!(world.ended(task_guid).await.state, State::Done);
}

#[tokio::test]
async fn a_killed_notification_server_is_where_the_action_waits() {
    let server = testkit::postgres::shared();
    let (site, authority) = (server.database().await, server.database().await);
    let options = WorldOptions {
        site_database: Some(site),
        authority_database: Some(authority),
        processes: Processes::Apart,
        ..WorldOptions::default()
    };
    let (mut world, _agent, device) = with_device(options).await;
    let notifier = world.site.programs.iter().position(|(roles, _)| roles == "notifier").expect("apart");
    world.site.programs[notifier].1.kill();
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    let text = says(&world, task_guid, &["NOW at the notification server:"]).await;
    is(
        &text,
        task_guid,
        &[
            "Probe on kassa-1 GUID",
            "admin center asked for TIME by ann",
            "admin center pending TIME",
            "service connector delivered to site TIME",
            "authority authorized TIME role Operations Administrator on collection SMS00001",
            "service connector queued TIME",
            "NOW at the notification server: the notification server has it next; waiting for SPAN",
            "fix: Look at BgbServer.log at the site: the notification server has not sent it. `tenon doctor site` there says what is wrong with it.",
            "the admin center answers",
            "the site Story answers since TIME",
            "the device kassa-1 answers since TIME",
        ],
    );
    world.site.kill_and_restart(notifier);
    assert_eq!(world.ended(task_guid).await.state, State::Done);
}

#[tokio::test]
async fn a_device_that_is_off_is_named_as_that() {
    let (world, mut agent, device) = with_device(WorldOptions::default()).await;
    agent.program.kill();
    world.device("kassa-1", |device| !device.online).await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    let text =
        says(&world, task_guid, &["NOW at the notification server: the device is offline", "fix: "]).await;
    is(
        &text,
        task_guid,
        &[
            "Probe on kassa-1 GUID",
            "admin center asked for TIME by ann",
            "admin center pending TIME",
            "service connector delivered to site TIME",
            "authority authorized TIME role Operations Administrator on collection SMS00001",
            "service connector queued TIME",
            "notification server queued TIME the device is offline; queued until TIME",
            "NOW at the notification server: the device is offline; queued until TIME; waiting for SPAN",
            "fix: Nothing, if the device comes back in time; it is pushed when it does.",
            "the admin center answers",
            "the site Story answers since TIME",
            "the device kassa-1 does not answer since TIME",
        ],
    );
    agent.restart();
    assert_eq!(world.ended(task_guid).await.state, State::Done);
}

#[tokio::test]
async fn an_agent_that_hangs_has_the_action_and_has_not_said_so() {
    let (world, agent, device) = with_device(WorldOptions::default()).await;
    agent.program.freeze();
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    let text = says(&world, task_guid, &["NOW at the agent:", "the agent hangs"]).await;
    is(
        &text,
        task_guid,
        &[
            "Probe on kassa-1 GUID",
            "admin center asked for TIME by ann",
            "admin center pending TIME",
            "service connector delivered to site TIME",
            "authority authorized TIME role Operations Administrator on collection SMS00001",
            "service connector queued TIME",
            "notification server sent TIME",
            "NOW at the agent: the agent has it next; waiting for SPAN",
            "fix: It was written to the device's connection and is not in the agent's journal: the agent hangs, or the connection is dead and not yet noticed. Look at CcmNotificationAgent.log on the device.",
            "the admin center answers",
            "the site Story answers since TIME",
            "the device kassa-1 answers since TIME",
        ],
    );
    agent.program.thaw();
    assert_eq!(world.ended(task_guid).await.state, State::Done);
}

#[tokio::test]
async fn an_action_that_fails_is_explained_by_the_agent() {
    let (world, _agent, device) = with_device(WorldOptions::default()).await;
    let task_guid = world.ask(ActionKind(4711), &device).await;
    world.ended(task_guid).await;
    let text = says(&world, task_guid, &["NOT SUPPORTED at the agent:", "fix: "]).await;
    is(
        &text,
        task_guid,
        &[
            "Action type 4711 on kassa-1 GUID",
            "admin center asked for TIME by ann",
            "admin center pending TIME",
            "service connector delivered to site TIME",
            "authority authorized TIME role Operations Administrator on collection SMS00001",
            "service connector queued TIME",
            "notification server sent TIME",
            "agent received TIME",
            "agent not supported TIME the agent does not know this type of action",
            "NOT SUPPORTED at the agent: the agent does not know this type of action",
            "fix: Update the agent on the device, or use an action that it knows.",
            "the admin center answers",
            "the site Story answers since TIME",
            "the device kassa-1 answers since TIME",
        ],
    );
}

#[tokio::test]
async fn an_action_that_the_device_cannot_do_is_told_with_its_code_and_cause() {
    let (world, _agent, device) = with_device(WorldOptions::default()).await;
    let new = NewAction {
        kind: Kind(ActionKind::LOG_LEVEL),
        target: NewTarget::Device { device: device.id },
        param: r#"{"level": "loud"}"#.into(),
        deliver_by: None,
        finish_within_seconds: None,
        offline: Some(OfflinePolicy::Queue),
        task_guid: None,
    };
    let task_guid = world.ask_signed(&new).await;
    assert_eq!(world.ended(task_guid).await.state, State::Failed);
    let text = says(&world, task_guid, &["FAILED at the agent:", "unknown variant `loud`", "fix: "]).await;
    is(
        &text,
        task_guid,
        &[
            "Set log level on kassa-1 GUID",
            "admin center asked for TIME by ann",
            "admin center pending TIME",
            "service connector delivered to site TIME",
            "authority authorized TIME role Operations Administrator on collection SMS00001",
            "service connector queued TIME",
            "notification server sent TIME",
            "agent received TIME",
            r#"agent failed TIME the agent failed with code 0: unknown variant `loud`, expected `usual` or `detailed` at line 1 column 16: the parameter is `{"level": "detailed", "minutes": 60}` or `{"level": "usual"}`"#,
            r#"FAILED at the agent: the agent failed with code 0: unknown variant `loud`, expected `usual` or `detailed` at line 1 column 16: the parameter is `{"level": "detailed", "minutes": 60}` or `{"level": "usual"}`"#,
            "fix: Read the detail, and the agent's log on the device.",
            "the admin center answers",
            "the site Story answers since TIME",
            "the device kassa-1 answers since TIME",
        ],
    );
    let (code, text) = world.tenon(&["trace", &task_guid.to_string()]).await;
    assert_eq!(code, 2, "{text}");
}

#[tokio::test]
async fn an_answer_that_is_lost_comes_again_and_stands_once() {
    let (world, mut agent, device) = with_device(WorldOptions::default()).await;
    // The agent dies at any moment after the task was sent: its answer is lost or not, and comes again from its journal.
    for _ in 0..5 {
        let task_guid = world.ask(ActionKind::PROBE, &device).await;
        agent.restart();
        assert_eq!(world.ended(task_guid).await.state, State::Done);
        let text = says(&world, task_guid, &["DONE: the device did it"]).await;
        let done = text.lines().filter(|line| line.contains("  done  ") && !line.contains("(late)")).count();
        assert_eq!(done, 1, "{text}");
    }
}

#[tokio::test]
async fn one_action_fits_into_one_file_without_secrets() {
    let (world, agent, device) = with_device(WorldOptions::default()).await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    world.ended(task_guid).await;
    let file = world.files().join("bundle.tar.gz").display().to_string();
    // A secret in a configuration, and one where none should be.
    let config = world.files().join("site.toml");
    let text = std::fs::read_to_string(&config).expect("site.toml");
    let with_secret = world.files().join("with-secret.toml");
    std::fs::write(&with_secret, format!("client-secret = \"hunter2-hunter2\"\n{text}")).expect("written");
    let logs = world.files().join("collected");
    std::fs::create_dir_all(&logs).expect("a folder");
    let token = world.client.token().expect("signed in").to_owned();
    let stray = format!("TaskGUID: {task_guid} Authorization: Bearer {token}\n");
    std::fs::write(logs.join("BgbServer.log"), stray).expect("written");
    let guid = task_guid.to_string();
    let args = [
        "bundle",
        &guid,
        "--output",
        &file,
        "--config",
        &with_secret.display().to_string(),
        "--logs",
        &world.site.folder.join("logs").display().to_string(),
        "--logs",
        &agent.root.with_file_name("logs").display().to_string(),
        "--logs",
        &logs.display().to_string(),
    ];
    let (code, told) = world.tenon(&args).await;
    assert_eq!(code, 0, "{told}");

    let unpacked = world.files().join("unpacked");
    std::fs::create_dir_all(&unpacked).expect("a folder");
    let done = std::process::Command::new("tar").args(["xzf", &file, "-C"]).arg(&unpacked).status();
    assert!(done.is_ok_and(|status| status.success()));
    let mut all = String::new();
    let mut names = Vec::new();
    for folder in [unpacked.clone(), unpacked.join("lines"), unpacked.join("configuration")] {
        for entry in
            std::fs::read_dir(folder).expect("a folder").flatten().filter(|entry| entry.path().is_file())
        {
            names.push(entry.file_name().to_string_lossy().into_owned());
            all.push_str(&std::fs::read_to_string(entry.path()).expect("text"));
        }
    }
    for part in ["action.json", "path.json", "report.json", "versions.json", "with-secret.toml"] {
        assert!(names.iter().any(|name| name == part), "{part} is not among {names:?}");
    }
    for hop in ["CMGatewayNotificationWorker.log", "BgbServer.log", "CcmNotificationAgent.log"] {
        assert!(names.iter().any(|name| name.ends_with(hop)), "no lines of {hop} among {names:?}");
    }
    for secret in ["hunter2", token.as_str(), "PRIVATE KEY"] {
        assert!(!all.contains(secret), "a secret is in the bundle: {secret}");
    }
}

#[tokio::test]
async fn a_push_is_found_by_the_number_in_a_log_line_without_the_console() {
    let (mut world, _agent, device) = with_device(WorldOptions::default()).await;
    let task_guid = world.ask(ActionKind::PROBE, &device).await;
    world.ended(task_guid).await;
    world.console.kill();
    let log = world.site.log("BgbServer.log").raw();
    let line = log.iter().find(|line| line.contains("Starting to send push task")).expect("the push's line");
    let push =
        line.split("PushID: ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a number").to_owned();
    let config = world.files().join("site.toml").display().to_string();
    let text = world.site.tenon(&["site", "push", &push, "--config", &config]);
    assert!(text.contains(&task_guid.to_string()), "{text}");
    for part in ["authority", "notification_server", "agent", "done"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let (found, _, told) = world.site.try_tenon(&["site", "push", "4711", "--config", &config]);
    assert!(!found && told.contains("4711"), "{told}");
}

#[tokio::test]
async fn a_probe_tells_by_its_exit_code_whether_the_path_works() {
    // The token is no key: the site's owner lets the console vouch for it.
    let options = WorldOptions { vouched: true, ..WorldOptions::default() };
    let (world, mut agent, _device) = with_device(options).await;
    world.site.tenon(&["site", "level", "set", "probe", "web"]);
    let once = ["probe", "--once", "--device", "kassa-1", "--within-seconds", "5"];
    let (code, text) = world.tenon(&once).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("there and back"), "{text}");
    agent.program.kill();
    world.device("kassa-1", |device| !device.online).await;
    let (code, text) = world.tenon(&once).await;
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("tenon trace "), "{text}");
}

#[tokio::test]
async fn a_probe_on_a_schedule_is_a_metric() {
    let options = WorldOptions { vouched: true, ..WorldOptions::default() };
    let (world, mut agent, _device) = with_device(options).await;
    world.site.tenon(&["site", "level", "set", "probe", "web"]);
    let told = async |port: u16, expected: &[&str]| {
        let url = format!("http://127.0.0.1:{port}/metrics");
        eventually(&format!("metrics that say {expected:?}"), async || {
            let text = reqwest::get(&url).await.ok()?.text().await.ok()?;
            expected.iter().all(|part| text.contains(part)).then_some(())
        })
        .await;
    };
    let probe = |port: u16| {
        let mut command = tokio::process::Command::new(e2e::binary("tenon"));
        command
            .args(["probe", "--device", "kassa-1", "--within-seconds", "5", "--listen"])
            .arg(format!("127.0.0.1:{port}"))
            .env("TENON_URL", &world.url)
            .env("TENON_TOKEN", world.client.token().expect("signed in"))
            .env("XDG_CONFIG_HOME", world.files().join("config"))
            .kill_on_drop(true);
        command.spawn().expect("tenon starts")
    };
    let port = e2e::free_port();
    let running = probe(port);
    told(
        port,
        &[
            r#"tenon_probe_up{device="kassa-1"} 1"#,
            r#"tenon_probes_total{device="kassa-1"} 1"#,
            r#"tenon_probe_seconds_count{device="kassa-1"} 1"#,
        ],
    )
    .await;
    drop(running);
    agent.program.kill();
    world.device("kassa-1", |device| !device.online).await;
    let port = e2e::free_port();
    let _running = probe(port);
    told(
        port,
        &[r#"tenon_probe_up{device="kassa-1"} 0"#, r#"tenon_probe_failures_total{device="kassa-1"} 1"#],
    )
    .await;
}
