//! The samples of the documentation, on a Debian root: applied, drifted by hand, repaired, run again without a change,
//! and cut off in the middle.

mod root;

use std::path::{Path, PathBuf};

use root::Root;

/// How often an application is cut off.
const CUTS: u32 = 50;
/// How much later each cut is than the one before.
const LATER: u32 = 15;

#[test]
fn each_sample_is_applied_drifted_and_repaired() {
    let root = Root::new();
    root.sh("apt-get -qq install tenon-sample-old");
    check(&root, "ssh-hardening", 2, "echo PermitRootLogin yes >> /etc/ssh/sshd_config.d/10-tenon.conf");
    check(
        &root,
        "time-sync",
        2,
        "systemctl stop -- systemd-timesyncd.service; rm /etc/systemd/timesyncd.conf.d/tenon.conf",
    );
    check(
        &root,
        "root-certificate",
        2,
        "rm /etc/ssl/certs/tenon-sample.pem /usr/local/share/ca-certificates/tenon-sample.crt",
    );
    check(&root, "package-version", 1, "apt-get -qq install tenon-sample=2.0");
    check(&root, "package-removed", 1, "apt-get -qq install tenon-sample-old");
    check(&root, "cron", 1, "chmod 600 /etc/cron.d/tenon-clean-up");
    check(&root, "kernel-and-account", 2, "userdel tenon-backup; rm /etc/sysctl.d/60-tenon-*.conf");
    assert_eq!(root.sh("cat /usr/share/tenon-sample/version"), "1.0");
    assert_eq!(root.sh("ls /usr/share/tenon-sample-old 2>&1 || true").lines().count(), 1);
}

#[test]
fn an_application_that_is_cut_off_is_finished_by_the_next() {
    let root = Root::new();
    let samples = ["cron", "kernel-and-account", "time-sync", "package-version", "package-removed"];
    let documents: Vec<_> = samples.iter().map(|name| sample(name)).collect();
    let drift = "rm -f /etc/cron.d/tenon-clean-up /etc/systemd/timesyncd.conf.d/tenon.conf /etc/sysctl.d/60-tenon-*; \
                 rm -rf /run/stand-in-systemd /var/lib/tenon-backup; userdel -f tenon-backup 2>/dev/null || true";
    for cut in 0..CUTS {
        root.sh(drift);
        if cut % 10 == 0 {
            root.sh("apt-get -qq --allow-downgrades install tenon-sample=2.0 tenon-sample-old");
        }
        root.apply_until(&documents, (cut + 1) * LATER);
        let bad: Vec<_> =
            root.apply(&documents, &[]).into_iter().filter(|(_, status, _)| !is_well(status)).collect();
        assert_eq!(bad, [], "cut off after {} ms", (cut + 1) * LATER);
    }
    all_compliant(&root, &documents);
}

#[test]
fn a_script_as_another_account_has_no_right_of_roots() {
    let root = Root::new();
    root.write("srv/user.yaml", USER, 0o644);
    let outcomes = root.apply(&[root.path().join("srv/user.yaml")], &[]);
    assert!(outcomes.iter().all(|(_, status, _)| status == "changed"), "{outcomes:?}");
    let said = root.sh("cat /home/anna/said");
    for line in [
        "uid=1000(anna)",
        "groups=",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
    ] {
        assert!(said.contains(line), "`{line}` is missing from {said}");
    }
    assert!(said.contains("home=/home/anna user=anna"), "{said}");
    assert!(!said.contains("shadow was read") && !said.contains("0(root)"), "{said}");
}

const USER: &str = r#"
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
- name: anna
  type: Tenon.Linux/User
  properties: { name: anna, groups: [adm] }
- name: as anna
  type: Tenon/Script
  dependsOn: ["[resourceId('Tenon.Linux/User','anna')]"]
  properties:
    runAs: anna
    test: test -e /home/anna/said
    set: |
      { id; grep -E 'Cap|NoNew' /proc/self/status; echo "home=$HOME user=$USER"; } > "$HOME/said"
      if cat /etc/shadow >/dev/null 2>&1; then echo shadow was read >> "$HOME/said"; fi
"#;

/// Applies a sample, sees that a second run changes nothing, drifts it, and sees it repaired.
#[track_caller]
fn check(root: &Root, name: &str, resources: usize, drift: &str) {
    let documents = [sample(name)];
    let foreseen = root.apply(&documents, &["--what-if"]);
    assert!(
        foreseen.iter().any(|(_, status, _)| status == "failed"),
        "{name} changes something: {foreseen:?}"
    );
    let first = root.apply(&documents, &[]);
    assert_eq!(first.len(), resources, "{name}: {first:?}");
    assert!(first.iter().all(|(_, status, _)| is_well(status)), "{name}: {first:?}");
    assert!(first.iter().any(|(_, status, _)| status == "changed"), "{name}: {first:?}");
    all_compliant(root, &documents);
    root.sh(drift);
    let repaired = root.apply(&documents, &[]);
    assert!(repaired.iter().all(|(_, status, _)| is_well(status)), "{name}, drifted: {repaired:?}");
    assert!(repaired.iter().any(|(_, status, _)| status == "changed"), "{name}, drifted: {repaired:?}");
    all_compliant(root, &documents);
}

#[track_caller]
fn all_compliant(root: &Root, documents: &[PathBuf]) {
    let again = root.apply(documents, &[]);
    assert!(again.iter().all(|(_, status, _)| status == "compliant"), "a second run changes: {again:?}");
}

fn is_well(status: &str) -> bool {
    status == "changed" || status == "compliant"
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/samples").join(format!("{name}.yaml"))
}
