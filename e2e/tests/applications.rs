//! Applications: content is put at the site, an application deployed, and the App evaluation cycle installs it on a device.

use std::{fs, path::Path, process::Command};

use action::{ActionKind, State};
use e2e::{World, WorldOptions};

const PACKAGE: &str = "tenon-story-tool";

#[tokio::test]
async fn an_app_evaluation_cycle_installs_a_debian_package_and_then_changes_nothing() {
    let world = World::start(WorldOptions::default()).await;
    let package = build(world.files(), "1.2");
    let config = world.site.folder.with_file_name("site.toml").display().to_string();
    let put = world.site.tenon(&["content", "--config", &config, "put", &package.display().to_string()]);
    let again = world.site.tenon(&["content", "--config", &config, "put", &package.display().to_string()]);
    assert_eq!(put, again, "content that is there is not put again");
    let listed = world.site.tenon(&["content", "--config", &config, "list"]);
    assert!(listed.contains("tool.deb") && listed.contains("complete"), "{listed}");

    let document = world.files().join("tool.yaml");
    let indented: String = put.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!(
        "softwareVersion: '1.2'\ndeploymentTypes:\n  - name: Debian package\n    detection:\n      package: {PACKAGE}\n      \
         version: '>= 1.2'\n{indented}    install:\n      package: tool.deb\n    uninstall:\n      removePackage: {PACKAGE}\n"
    );
    fs::write(&document, &text).expect("written");
    world.site.tenon(&["application", "put", "tool", &document.display().to_string()]);
    world.site.tenon(&["deployment", "put", "tool", "--collection", "SMS00001", "--intent", "required"]);
    let agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;

    let installed = agent.root.join("opt/tenon-story-tool/version");
    for first in [true, false] {
        let task = world.ask(ActionKind::APPLICATIONS, &device).await;
        let action = world.ended(task).await;
        assert_eq!(action.state, State::Done, "{action:#?}");
        assert_eq!(fs::read_to_string(&installed).expect("installed"), "1.2");
        let said = format!("{:?}", action.history);
        if !first {
            assert!(said.contains("nothing was changed; Installed 1"), "{said}");
        }
    }

    let shown = world.site.tenon(&["deployment", "list"]);
    assert!(shown.contains("DEP00001") && shown.contains("required"), "{shown}");
    world.site.tenon(&["deployment", "put", "tool", "--collection", "SMS00001", "--intent", "removed"]);
    let task = world.ask(ActionKind::APPLICATIONS, &device).await;
    assert_eq!(world.ended(task).await.state, State::Done);
    assert!(!installed.exists(), "what is to be removed is removed");
    agent
        .log("AppIntentEval.log")
        .holds(&["Installing `tool` by `Debian package`", "Removing `tool` by `Debian package`"])
        .expect("the agent's lines");
}

#[tokio::test]
async fn a_mistake_in_an_application_is_named_with_its_line_and_its_fix() {
    let world = World::start(WorldOptions::default()).await;
    let document = world.files().join("wrong.yaml");
    fs::write(&document, "description: x\ncolour: red\ndeploymentTypes: []\n").expect("written");
    let (done, _, err) =
        world.site.try_tenon(&["application", "put", "tool", &document.display().to_string()]);
    assert!(!done && err.contains("line 2") && err.contains("colour"), "{err}");
    let wanted = ["deployment", "put", "tool", "--collection", "SMS00001", "--intent", "required"];
    let (done, _, err) = world.site.try_tenon(&wanted);
    assert!(
        !done && err.contains("no application `tool`") && err.contains("tenon application list"),
        "{err}"
    );
}

/// Builds a Debian package with one file.
fn build(folder: &Path, version: &str) -> std::path::PathBuf {
    let tree = folder.join("tree");
    for part in ["DEBIAN", "opt/tenon-story-tool"] {
        fs::create_dir_all(tree.join(part)).expect("made");
    }
    fs::write(tree.join("opt/tenon-story-tool/version"), version).expect("written");
    let control = format!(
        "Package: {PACKAGE}\nVersion: {version}\nArchitecture: all\nMaintainer: Story <story@example.com>\nDescription: a story\n"
    );
    fs::write(tree.join("DEBIAN/control"), control).expect("written");
    let file = folder.join("tool.deb");
    let mut command = Command::new("dpkg-deb");
    let built = command
        .args(["--build", "--root-owner-group"])
        .arg(&tree)
        .arg(&file)
        .output()
        .expect("dpkg-deb runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    file
}
