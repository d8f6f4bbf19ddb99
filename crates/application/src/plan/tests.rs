//! Plans and states, as tables: each application is written in one line.

use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

#[test]
fn what_is_required_and_due_is_installed_once() {
    check("a required absent", "install a", "a: Install requested");
    check("a required installed", "", "a: Installed");
    check("a later absent", "", "a: Not installed");
    check("a later absent asked", "install a", "a: Install requested");
    check("a available absent", "", "a: Available");
    check("a available absent asked", "install a", "a: Install requested");
    check("a available installed", "", "a: Installed");
    check("a required other", "", "a: Requirements not met");
    check("a required unknown", "", "a: Failed");
    check("a removed installed", "remove a", "a: Installed");
    check("a removed absent", "", "a: Not installed");
    check("a removed other", "", "a: Not installed");
    check("a required absent restart", "", "a: Restart pending");
    check("a - absent", "", "");
}

#[test]
fn what_one_depends_on_is_installed_before_it() {
    check(
        "app required absent after=lib,tool; lib - absent after=base; tool - installed; base - absent",
        "install base, install lib, install app",
        "app: Install requested",
    );
    check(
        "a required absent after=b; b required absent",
        "install b, install a",
        "a: Install requested, b: Install requested",
    );
    check("app required absent after=lib; lib - other", "", "app: Failed");
    check("app required absent after=lib; lib - unknown", "", "app: Failed");
    check("app required absent after=gone", "", "app: Failed");
    check("a required absent after=b; b - absent after=a", "", "a: Failed");
    check("app available absent after=lib; lib - absent", "", "app: Available");
}

#[test]
fn what_is_superseded_makes_room() {
    check(
        "new required absent instead=old; old required installed",
        "remove old, install new",
        "new: Install requested, old: Installed",
    );
    check(
        "new required installed instead=old; old required absent",
        "",
        "new: Installed, old: Not installed",
    );
    check(
        "new required other instead=old; old required absent",
        "install old",
        "new: Requirements not met, old: Install requested",
    );
    check(
        "new later absent instead=old; old required absent",
        "install old",
        "new: Not installed, old: Install requested",
    );
    check(
        "new available absent instead=old; old required absent",
        "install old",
        "new: Available, old: Install requested",
    );
    check(
        "new available absent asked instead=old; old required installed",
        "remove old, install new",
        "new: Install requested, old: Installed",
    );
    check(
        "new required absent instead=old; old - installed",
        "remove old, install new",
        "new: Install requested",
    );
}

#[test]
fn a_closed_window_holds_up_what_nobody_asked_for() {
    let applications = read("a required absent; b required absent asked; c removed installed");
    assert_eq!(steps(&plan(&applications, NOW, false)), "install b");
    let told = settle(&applications, &BTreeMap::new(), NOW, false);
    assert_eq!(told["a"].detail, "it waits for a maintenance window");
    assert_eq!(told["a"].state, AppState::NotInstalled);
    assert_eq!(told["c"].detail, "its removal waits for a maintenance window");
}

#[test]
fn a_step_that_did_not_help_is_a_failure() {
    for (line, done, expected) in [
        ("a required absent", Done::Failed("exit code 1".into()), AppState::Failed),
        ("a required absent", Done::Worked, AppState::Failed),
        ("a required absent", Done::Later("the package system is busy".into()), AppState::InstallRequested),
        ("a required installed", Done::Worked, AppState::Installed),
        ("a required installed restart", Done::Worked, AppState::RestartPending),
        ("a required absent restart", Done::Worked, AppState::RestartPending),
        ("a removed installed", Done::Worked, AppState::Failed),
        ("a removed absent", Done::Worked, AppState::NotInstalled),
        ("a removed installed", Done::Failed("exit code 1".into()), AppState::Failed),
    ] {
        let told = settle(&read(line), &BTreeMap::from([("a".to_owned(), done.clone())]), NOW, true);
        assert_eq!(told["a"].state, expected, "{line} after {done:?}");
    }
}

/// Reads applications, plans, and compares; then does what was planned and sees that nothing is left to do.
#[track_caller]
fn check(text: &str, expected_steps: &str, expected_states: &str) {
    let mut applications = read(text);
    let planned = plan(&applications, NOW, true);
    assert_eq!(steps(&planned), expected_steps, "the plan of `{text}`");
    let told = settle(&applications, &BTreeMap::new(), NOW, true);
    let states: Vec<_> = told.iter().map(|(name, told)| format!("{name}: {}", told.state)).collect();
    assert_eq!(states.join(", "), expected_states, "the states of `{text}`");

    for (name, step) in planned.steps {
        let one = applications.get_mut(&name).expect("planned");
        one.observed = match step {
            Planned::Install(by) => Observed::Installed(by),
            Planned::Remove(by) => Observed::Absent(by),
        };
    }
    assert_eq!(steps(&plan(&applications, NOW, true)), "", "a second run of `{text}`");
}

fn steps(plan: &Plan) -> String {
    let word = |step| match step {
        Planned::Install(_) => "install",
        Planned::Remove(_) => "remove",
    };
    plan.steps.iter().map(|(name, step)| format!("{} {name}", word(*step))).collect::<Vec<_>>().join(", ")
}

fn read(text: &str) -> BTreeMap<String, Considered> {
    text.split("; ").map(one).collect()
}

fn one(line: &str) -> (String, Considered) {
    let mut words = line.split(' ');
    let name = words.next().expect("a name").to_owned();
    let deployed =
        |intent, deadline| ManifestDeployment { id: "D".into(), application: name.clone(), intent, deadline };
    let deployment = match words.next().expect("an intent") {
        "required" => Some(deployed(Intent::Required, Some(NOW))),
        "later" => Some(deployed(Intent::Required, Some(Timestamp(NOW.0 + 1)))),
        "available" => Some(deployed(Intent::Available, None)),
        "removed" => Some(deployed(Intent::Removed, None)),
        _ => None,
    };
    let mut considered = Considered {
        document: Application {
            description: String::new(),
            publisher: String::new(),
            software_version: String::new(),
            depends_on: Vec::new(),
            supersedes: Vec::new(),
            deployment_types: Vec::new(),
        },
        deployment,
        observed: Observed::Absent(0),
        requested: false,
        restart_pending: false,
    };
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("installed", _) => considered.observed = Observed::Installed(0),
            ("other", _) => considered.observed = Observed::NotForIt("the system is another".into()),
            ("unknown", _) => considered.observed = Observed::Unknown("the script failed".into()),
            ("asked", _) => considered.requested = true,
            ("restart", _) => considered.restart_pending = true,
            ("after", names) => {
                considered.document.depends_on = names.split(',').map(str::to_owned).collect()
            }
            ("instead", names) => {
                let old = |name: &str| crate::Supersedes { application: name.to_owned(), uninstall: true };
                considered.document.supersedes = names.split(',').map(old).collect();
            }
            _ => {}
        }
    }
    (name, considered)
}
