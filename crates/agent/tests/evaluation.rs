//! App evaluation cycle over real TLS: real scripts, a real Debian package in a root of its own, content that is spoiled
//! on its way.

mod site;

use std::{fs, path::Path, process::Command};

use action::{ActionKind, Timestamp};
use device_channel::{Response, ToAgent};
use management_link::{ApplicationState, ApplicationsReport};
use proof::{Hash, Intent, ManifestDeployment};
use serde_json::{Value, json};
use site::{Device, Machine, Reach, Site, Spoiled};

#[tokio::test]
async fn a_script_installs_what_is_required_and_the_second_run_changes_nothing() {
    let mut world = World::start().await;
    let installer = world.content("setup", b"#!/bin/sh\necho \"$1 $(cat data)\" >> \"$2\"\n".to_vec());
    let data = world.content("data", vec![b'x'; 700_000]);
    let target = world.machine.root().join("tool");
    world.deploy(
        "tool",
        Intent::Required,
        json!({
            "detection": {"file": "/tool"},
            "content": [installer, data],
            "install": {"run": ["./setup", "1.0", target]},
            "uninstall": {"run": ["rm", target]},
        }),
    );

    let answer = world.evaluate().await;
    assert_eq!((answer.code.0, answer.detail.as_str()), (1, "1 application was changed; Installed 1"));
    assert_eq!(fs::read(&target).expect("installed").len(), 4 + 700_000 + 1);
    assert_eq!(world.last().await, "tool installed ");
    let states = world.states("tool");
    assert!(states.contains(&ApplicationState::Installing), "{states:?}");

    let answer = world.evaluate().await;
    assert_eq!((answer.code.0, answer.detail.as_str()), (1, "nothing was changed; Installed 1"));
    assert_eq!(fs::read(&target).expect("there").len(), 4 + 700_000 + 1, "it was not installed again");

    world.change(|desk| desk.deployments[0].intent = Intent::Removed);
    let answer = world.evaluate().await;
    assert_eq!(answer.detail, "1 application was changed; Not installed 1");
    assert!(!target.exists());
    assert!(!world.machine.state().join("run/work").exists(), "nothing is left of the private folder");
}

#[tokio::test]
async fn a_debian_package_is_installed_upgraded_and_removed() {
    let mut world = World::start().await;
    for version in ["1.2", "1.10"] {
        let package = world.content("tool.deb", package(world.machine.folder.path(), version));
        world.change(|desk| desk.applications.clear());
        world.deploy(
            "tool",
            Intent::Required,
            json!({
                "detection": {"package": "tenon-test-tool", "version": format!(">= {version}")},
                "content": [package],
                "install": {"package": "tool.deb"},
                "uninstall": {"removePackage": "tenon-test-tool"},
            }),
        );
        let answer = world.evaluate().await;
        assert_eq!((answer.code.0, answer.detail.as_str()), (1, "1 application was changed; Installed 1"));
        let file = world.machine.root().join("opt/tenon-test-tool/version");
        assert_eq!(fs::read_to_string(file).expect("installed"), version);
        assert_eq!(world.evaluate().await.detail, "nothing was changed; Installed 1");
    }
    world.change(|desk| desk.deployments[0].intent = Intent::Removed);
    assert_eq!(world.evaluate().await.detail, "1 application was changed; Not installed 1");
    assert!(!world.machine.root().join("opt/tenon-test-tool/version").exists());
}

#[tokio::test]
async fn content_that_is_spoiled_on_its_way_is_never_run() {
    for (spoiled, says) in
        [(Spoiled::Corrupted, "its SHA-256 is another"), (Spoiled::Truncated, "the application says")]
    {
        let mut world = World::start().await;
        let target = world.machine.root().join("tool");
        let installer =
            world.content("setup", format!("#!/bin/sh\ntouch {}\n", target.display()).into_bytes());
        world.deploy(
            "tool",
            Intent::Required,
            json!({
                "detection": {"file": "/tool"}, "content": [installer], "install": {"run": ["./setup"]},
            }),
        );
        world.change(|desk| desk.spoiled = spoiled);
        let answer = world.evaluate().await;
        assert_eq!(answer.code.0, 0, "{}", answer.detail);
        assert!(answer.detail.contains(says), "`{says}` is missing from `{}`", answer.detail);
        assert!(!target.exists(), "{spoiled:?}: it was run");
        world.change(|desk| desk.spoiled = Spoiled::Nothing);
        let answer = world.evaluate().await;
        assert_eq!(answer.code.0, 1, "{spoiled:?}: it comes right when the content does: {}", answer.detail);
    }
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on_where_it_was() {
    let mut world = World::start().await;
    let target = world.machine.root().join("tool");
    let data = world.content("data", (0..600_000_u32).map(|at| (at % 253) as u8).collect());
    world.deploy(
        "tool",
        Intent::Required,
        json!({
            "detection": {"file": "/tool"}, "content": [data], "install": {"run": ["cp", "data", target]},
        }),
    );
    world.change(|desk| desk.spoiled = Spoiled::CutOnce);
    let answer = world.evaluate().await;
    assert!(answer.detail.contains("failed to fetch the content `data`"), "{}", answer.detail);
    let answer = world.evaluate().await;
    assert_eq!(answer.code.0, 1, "{}", answer.detail);
    let ranges = world.site.told(|desk| Some(desk.ranges.clone())).await;
    let chunk = 256 << 10;
    let rest = u32::try_from(600_000 - 2 * u64::from(chunk)).expect("small");
    assert_eq!(
        ranges,
        [(0, chunk), (u64::from(chunk), chunk), (u64::from(chunk), chunk), (2 * u64::from(chunk), rest)],
        "what was there is not fetched again"
    );
}

#[tokio::test]
async fn exit_codes_mean_what_the_document_says() {
    let mut world = World::start().await;
    for (number, (script, codes, state, says)) in [
        ("touch $1; exit 0", json!({}), ApplicationState::Installed, ""),
        ("echo no room >&2; exit 7", json!({}), ApplicationState::Failed, "exit code 7: no room"),
        ("exit 75", json!({}), ApplicationState::InstallRequested, "exit code 75; it is tried again"),
        ("touch $1; exit 94", json!({"restart": [94]}), ApplicationState::RestartPending, "must restart"),
        ("exit 0", json!({}), ApplicationState::Failed, "its detection does not find it"),
        ("touch $1; exit 3", json!({"success": [0, 3]}), ApplicationState::Installed, ""),
        ("sleep 1000", json!({}), ApplicationState::Failed, "it ran for more than 1 s"),
    ]
    .into_iter()
    .enumerate()
    {
        let target = world.machine.root().join(format!("tool-{number}"));
        world.change(|desk| {
            desk.applications.clear();
            desk.deployments.clear();
        });
        world.deploy(&format!("tool-{number}"), Intent::Required, json!({
            "detection": {"file": format!("/tool-{number}")},
            "install": {"run": ["/bin/sh", "-c", script, "sh", target], "timeoutSeconds": if script.contains("sleep") { 1 } else { 60 }},
            "returnCodes": codes,
        }));
        let answer = world.evaluate().await;
        let report = world.report().await;
        assert_eq!(report.applications[0].state, state, "{script}: {}", answer.detail);
        assert!(report.applications[0].detail.contains(says), "{script}: {:?}", report.applications[0]);
    }
}

#[tokio::test]
async fn what_one_depends_on_comes_first_and_what_fails_stops_only_what_needs_it() {
    let mut world = World::start().await;
    let log = world.machine.root().join("log");
    let step = |name: &str, code: u8| {
        let script = format!(
            "echo {name} >> {0}; touch {1}; exit {code}",
            log.display(),
            log.with_file_name(name).display()
        );
        json!({"run": ["/bin/sh", "-c", script]})
    };
    let parts = [("app", vec!["lib"], 0), ("lib", vec![], 0), ("other", vec!["bad"], 0), ("bad", vec![], 9)];
    for (name, depends, code) in parts {
        let detection =
            if name == "bad" { json!({"file": "/never"}) } else { json!({"file": format!("/{name}")}) };
        let document = json!({
            "dependsOn": depends,
            "deploymentTypes": [{"name": "t", "detection": detection, "install": step(name, code)}],
        });
        world.put(name, document);
    }
    for name in ["app", "other"] {
        world.give(name, Intent::Required);
    }
    let answer = world.evaluate().await;
    assert_eq!(answer.code.0, 0);
    assert_eq!(fs::read_to_string(&log).expect("written"), "lib\napp\nbad\n");
    assert_eq!(
        world.last().await,
        "other failed it depends on `bad`, which is not installed, app installed "
    );
}

#[tokio::test]
async fn an_available_application_is_installed_when_somebody_asks_for_it() {
    let mut world = World::start().await;
    let target = world.machine.root().join("tool");
    world.deploy(
        "tool",
        Intent::Available,
        json!({
            "detection": {"file": "/tool"}, "install": {"run": ["touch", target]},
        }),
    );
    assert_eq!(world.evaluate().await.detail, "nothing was changed; Available 1");
    let answer = world.task(ActionKind::INSTALL_APPLICATION, r#"{"application": "nothing"}"#).await;
    assert_eq!((answer.code.0, answer.detail.as_str()), (0, "`nothing` is not deployed to this device"));
    let answer = world.task(ActionKind::INSTALL_APPLICATION, "tool").await;
    assert_eq!(answer.code.0, 0, "{}", answer.detail);
    assert!(!target.exists());
    let answer = world.task(ActionKind::INSTALL_APPLICATION, r#"{"application": "tool"}"#).await;
    assert_eq!((answer.code.0, answer.detail.as_str()), (1, "tool: Installed"));
    assert!(target.exists());
}

#[tokio::test]
async fn a_document_that_is_not_understood_fails_alone() {
    let mut world = World::start().await;
    world.put("strange", json!({"deploymentTypes": [], "colour": 1}));
    world.give("strange", Intent::Required);
    let target = world.machine.root().join("tool");
    world.deploy(
        "tool",
        Intent::Required,
        json!({
            "detection": {"file": "/tool"}, "install": {"run": ["touch", target]},
        }),
    );
    let answer = world.evaluate().await;
    assert_eq!(answer.code.0, 0);
    assert!(answer.detail.contains("strange: Failed: the application is not valid"), "{}", answer.detail);
    assert!(target.exists());
}

#[tokio::test]
async fn an_older_manifest_is_not_followed() {
    let mut world = World::start().await;
    let target = world.machine.root().join("tool");
    world.change(|_| {});
    world.evaluate().await;
    world.deploy(
        "tool",
        Intent::Required,
        json!({
            "detection": {"file": "/tool"}, "install": {"run": ["touch", target]},
        }),
    );
    world.change(|desk| desk.manifest = site::Doctored::Old);
    let answer = world.evaluate().await;
    assert_eq!(answer.code.0, 0);
    assert!(answer.detail.contains("older deployments are not applied"), "{}", answer.detail);
    assert!(!target.exists());
}

/// A site with a device that is online.
struct World {
    site: Site,
    machine: Machine,
    device: Device,
    number: u64,
}

impl World {
    async fn start() -> Self {
        let mut site = Site::start(Reach::Tcp).await;
        let mut machine = Machine::new();
        machine.enrol(site.token()).await.expect("enrolled");
        machine.start();
        let device = site.device().await;
        Self { site, machine, device, number: 10 }
    }

    /// Changes what the management point answers.
    fn change(&self, how: impl FnOnce(&mut site::Desk)) {
        let mut desk = self.site.desk.lock().expect("not poisoned");
        how(&mut desk);
        desk.generation += 1;
    }

    /// Puts content; returns its entry in a document.
    fn content(&self, name: &str, bytes: Vec<u8>) -> Value {
        let (sha256, size) = (Hash::of(&bytes), bytes.len());
        self.change(|desk| desk.content.push((sha256, bytes)));
        json!({"name": name, "sha256": sha256.hex(), "size": size})
    }

    fn put(&self, name: &str, document: Value) {
        self.change(|desk| desk.applications.push((name.to_owned(), document.to_string())));
    }

    fn give(&self, name: &str, intent: Intent) {
        let deployment = ManifestDeployment {
            id: format!("D-{name}"),
            application: name.to_owned(),
            intent,
            deadline: Some(Timestamp(0)),
        };
        self.change(|desk| {
            desk.deployments.retain(|known| known.application != name);
            desk.deployments.push(deployment);
        });
    }

    /// Puts and deploys an application of one deployment type.
    fn deploy(&self, name: &str, intent: Intent, mut one: Value) {
        one["name"] = json!("t");
        self.put(name, json!({"deploymentTypes": [one]}));
        self.give(name, intent);
    }

    async fn evaluate(&mut self) -> Response {
        self.task(ActionKind::APPLICATIONS, "").await
    }

    async fn task(&mut self, kind: ActionKind, param: &str) -> Response {
        self.number += 1;
        let request = self.site.authority.task_with(self.number, kind, param);
        self.device.say(ToAgent::Request(Box::new(request))).await;
        self.device.answer().await
    }

    async fn report(&self) -> ApplicationsReport {
        self.site.told(|desk| desk.evaluated.last().cloned()).await
    }

    /// Returns the last report in words.
    async fn last(&self) -> String {
        let report = self.report().await;
        let word =
            |state| serde_json::to_value(state).expect("a word").as_str().unwrap_or_default().to_owned();
        let lines = report
            .applications
            .iter()
            .map(|one| format!("{} {} {}", one.application, word(one.state), one.detail));
        lines.collect::<Vec<_>>().join(", ")
    }

    fn states(&self, name: &str) -> Vec<ApplicationState> {
        let desk = self.site.desk.lock().expect("not poisoned");
        let all = desk.evaluated.iter().flat_map(|report| &report.applications);
        all.filter(|one| one.application == name).map(|one| one.state).collect()
    }
}

/// Builds a Debian package with one file.
fn package(folder: &Path, version: &str) -> Vec<u8> {
    let tree = folder.join(format!("tree-{version}"));
    for part in ["DEBIAN", "opt/tenon-test-tool"] {
        fs::create_dir_all(tree.join(part)).expect("made");
    }
    fs::write(tree.join("opt/tenon-test-tool/version"), version).expect("written");
    let control = format!(
        "Package: tenon-test-tool\nVersion: {version}\nArchitecture: all\nMaintainer: Test <test@example.com>\nDescription: a test\n"
    );
    fs::write(tree.join("DEBIAN/control"), control).expect("written");
    let file = folder.join("tool.deb");
    let built =
        Command::new("dpkg-deb").args(["--build", "--root-owner-group"]).arg(&tree).arg(&file).output();
    let built = built.expect("dpkg-deb runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    fs::read(&file).expect("built")
}
