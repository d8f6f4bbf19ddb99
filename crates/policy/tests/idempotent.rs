//! Whatever a machine is like, whatever a document wants, and wherever a run is cut off: the next run ends compliant,
//! and the one after it changes nothing. For every built-in resource.

mod model;

use model::{Account, Model};
use policy::{Access, Document, Mode, Rules, Status, run};
use proptest::prelude::*;

/// The most changes that a document makes to a machine, generously.
const MOST_CHANGES: u32 = 24;

fn document() -> impl Strategy<Value = String> {
    let file = (0..3_u8, prop::bool::ANY, "[a-z]{0,6}").prop_map(|(name, exists, content)| {
        let name = format!("/srv/{name}");
        if exists {
            resource("Tenon.Linux/File", &format!("path: {name}, content: '{content}', mode: '0640'"))
        } else {
            resource("Tenon.Linux/File", &format!("path: {name}, _exist: false"))
        }
    });
    let service = (prop::bool::ANY, prop::bool::ANY).prop_map(|(enabled, running)| {
        resource("Tenon.Linux/Service", &format!("name: ssh, enabled: {enabled}, running: {running}"))
    });
    let version = prop::sample::select(vec![", version: latest", ", version: '1.0'", "", ", _exist: false"]);
    let package = version
        .prop_map(|version| resource("DSC.PackageManagement/Apt", &format!("packageName: nginx{version}")));
    let setting = (0..3_u8, prop::bool::ANY).prop_map(|(value, persist)| {
        resource("Tenon.Linux/Sysctl", &format!("key: net.core.x, value: {value}, persist: {persist}"))
    });
    let wanted = prop::sample::select(vec![
        "_exist: false",
        "shell: /bin/bash",
        "shell: /bin/sh, groups: [adm, audio]",
        "home: /srv/home, comment: ''",
        "system: true",
    ]);
    let user = wanted.prop_map(|wanted| resource("Tenon.Linux/User", &format!("name: anna, {wanted}")));
    let script = Just(resource("Tenon/Script", "test: test, set: set"));
    (file, service, package, setting, user, script).prop_map(|(a, b, c, d, e, f)| {
        let resources = [a, b, c, d, e, f].concat();
        format!("$schema: https://aka.ms/dsc/schemas/v3/config/document.json\nresources:\n{resources}")
    })
}

fn resource(kind: &str, properties: &str) -> String {
    format!("- name: it\n  type: {kind}\n  properties: {{{properties}}}\n")
}

fn machine() -> impl Strategy<Value = Model> {
    let account = (prop::bool::ANY, prop::bool::ANY, prop::bool::ANY);
    (account, prop::bool::ANY, prop::option::of(0..3_u8), prop::option::of("[a-z]{0,2}"), any::<[bool; 4]>())
        .prop_map(|((has_user, has_group, has_home), half_done, package, file, flags)| {
            let [enabled, running, flag, unnoted] = flags;
            let mut model = Model { flag, unnoted, ..Model::default() };
            model.kernel.insert("/proc/sys/net/core/x".to_owned(), "0".to_owned());
            model.enabled.insert("ssh.service".to_owned(), enabled);
            model.running.insert("ssh.service".to_owned(), running);
            model.groups.extend(["adm", "audio"].map(|name| (name.to_owned(), Vec::new())));
            if has_user {
                let account =
                    Account { shell: "/bin/sh".to_owned(), home: "/home/anna".to_owned(), has_group };
                model.users.insert("anna".to_owned(), account);
            }
            if has_home {
                model.homes.push("/home/anna".to_owned());
            }
            if let Some(version) = package {
                let packages = if half_done { &mut model.unconfigured } else { &mut model.packages };
                packages.insert("nginx".to_owned(), format!("{version}.0"));
            }
            if let Some(content) = file {
                model.files.insert("/srv/1".to_owned(), (content, 0o600));
            }
            model
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_run_that_is_cut_off_anywhere_is_finished_by_the_next(
        text in document(),
        mut machine in machine(),
        cut_after in 0..MOST_CHANGES,
    ) {
        let document = Document::parse(&text).expect("valid");
        let access = Access::all();
        let rules = Rules::new(&access, Mode::Enforce);
        machine.cut_after = Some(cut_after);
        run(&document, &mut machine, &rules);

        machine.cut_after = None;
        let changes_before = machine.changes;
        for outcome in run(&document, &mut machine, &rules) {
            prop_assert!(outcome.status.is_compliant(), "{}: {}\n{text}", outcome.kind, outcome.detail);
        }
        prop_assert!(machine.changes - changes_before < MOST_CHANGES);

        let changes = machine.changes;
        for outcome in run(&document, &mut machine, &rules) {
            prop_assert_eq!(outcome.status, Status::Compliant, "{}: {}\n{}", outcome.kind, outcome.detail, &text);
        }
        prop_assert_eq!(machine.changes, changes, "what is right is not set");
    }
}
