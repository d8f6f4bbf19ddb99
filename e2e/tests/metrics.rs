//! Who watches: metrics, health, and the rules and pictures that come with Tenon, against the real programs.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use action::{ActionKind, State};
use e2e::{World, WorldOptions, eventually};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a file of the repository")
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{address}{path}")).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

/// Returns the names of the families in an exposition.
fn families(exposition: &str) -> BTreeSet<String> {
    let types = exposition.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|rest| rest.split(' ').next()).map(str::to_owned).collect()
}

/// Returns every `tenon_…` in a text, without the endings of a histogram's series.
fn names(text: &str) -> BTreeSet<String> {
    let word = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
    let words = text.split(word).filter(|word| word.starts_with("tenon_"));
    words
        .map(|name| ["_bucket", "_sum", "_count"].iter().fold(name, |name, end| name.trim_end_matches(end)))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn an_action_is_seen_in_the_metrics_of_each_program() {
    let options = WorldOptions { metrics: true, ..WorldOptions::default() };
    let world = World::start(options).await;
    let [console, site, authority] = world.metrics.expect("asked for");
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let task_guid = world.ask(ActionKind::MACHINE_POLICY, &device).await;
    assert_eq!(world.ended(task_guid).await.state, State::Done);

    let check = async |at: SocketAddr, lines: &[&str]| {
        eventually("the metrics", async || {
            let (status, text) = get(at, "/metrics").await;
            let there = |line: &&str| text.lines().any(|told| told == *line);
            (status == 200 && lines.iter().all(there)).then_some(text)
        })
        .await
    };
    let console_text = check(
        console,
        &[
            "tenon_actions_asked_total{kind=\"sync-machine-policy\"} 1",
            "tenon_actions_ended_total{state=\"done\"} 1",
            "tenon_action_event_seconds_count{state=\"done\"} 1",
            "tenon_sites{link=\"connected\"} 1",
            "tenon_actions_open 0",
            "tenon_ready{check=\"store\"} 1",
        ],
    )
    .await;
    let site_text = check(
        site,
        &[
            "tenon_notifications_received_total 1",
            "tenon_notifications_allowed_total 1",
            "tenon_notification_decided_seconds_count 1",
            "tenon_site_link_connected 1",
            "tenon_push_tasks_sent_total 1",
            "tenon_push_task_sent_seconds_count 1",
            "tenon_push_task_answered_seconds_count 1",
            "tenon_site_devices 1",
            "tenon_site_devices_online 1",
            "tenon_targets_open 0",
            "tenon_management_requests_total{route=\"enrol\",outcome=\"answered\"} 1",
            "tenon_ready{check=\"authority\"} 1",
        ],
    )
    .await;
    let authority_text = check(
        authority,
        &[
            "tenon_authority_calls_total{call=\"decide\",outcome=\"answered\"} 1",
            "tenon_authority_released_total 1",
        ],
    )
    .await;

    // The page of the documentation names each of them.
    let documented = names(&text("docs/operate/metrics.md"));
    let told: BTreeSet<String> =
        [&console_text, &site_text, &authority_text].into_iter().flat_map(|text| families(text)).collect();
    let missing: Vec<_> = told
        .iter()
        .filter(|name| name.starts_with("tenon_"))
        .filter(|name| !documented.contains(*name))
        .collect();
    assert!(missing.is_empty(), "docs/operate/metrics.md does not name {missing:?}");
}

#[tokio::test]
async fn health_tells_what_a_program_misses() {
    let options = WorldOptions { metrics: true, ..WorldOptions::default() };
    let mut world = World::start(options).await;
    let [console, site, authority] = world.metrics.expect("asked for");
    for at in [console, site, authority] {
        assert_eq!(get(at, "/health/live").await, (200, "alive\n".to_owned()));
        assert_eq!(get(at, "/health/ready").await.0, 200);
    }
    // The console's own address tells its health as well: for whatever spreads people over several consoles.
    let own = world.url.trim_start_matches("http://").parse().expect("an address");
    assert_eq!(get(own, "/health/ready").await.0, 200);
    assert_eq!(get(own, "/metrics").await.0, 404);

    // The console goes; the site works on, and says that the link is down.
    world.console.kill();
    eventually("the site notices", async || {
        let (_, text) = get(site, "/metrics").await;
        text.contains("tenon_site_link_connected 0\n").then_some(())
    })
    .await;
    assert_eq!(get(site, "/health/ready").await.0, 200);
}

#[test]
fn rules_and_pictures_name_metrics_that_are_there() {
    let documented = names(&text("docs/operate/metrics.md"));
    for file in ["packaging/monitoring/alerts.yml", "packaging/monitoring/dashboard.json"] {
        let used = names(&text(file));
        assert!(!used.is_empty(), "{file}");
        let unknown: Vec<_> = used.difference(&documented).collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}, which docs/operate/metrics.md does not");
    }
    serde_json::from_str::<serde_json::Value>(&text("packaging/monitoring/dashboard.json")).expect("JSON");
}

#[test]
fn the_alert_rules_hold() {
    let run = |args: &[&str]| {
        Command::new("promtool").args(args).current_dir(root().join("packaging/monitoring")).output()
    };
    let checked = run(&["check", "rules", "alerts.yml"]).expect("promtool, of Debian's package prometheus");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let tested = run(&["test", "rules", "alerts.test.yml"]).expect("promtool");
    assert!(
        tested.status.success(),
        "{}{}",
        String::from_utf8_lossy(&tested.stdout),
        String::from_utf8_lossy(&tested.stderr)
    );
}
