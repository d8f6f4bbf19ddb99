//! A Debian root of its own, made by debootstrap once and kept below the target folder; each test works on a copy. The
//! agent's policy engine runs in it, in namespaces of its own: nothing reaches this machine.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

const AGENT: &str = env!("CARGO_BIN_EXE_tenon-agent");
/// The release that the roots are of.
const SUITE: &str = "bookworm";

/// Stands for systemd's command line where no systemd runs: it keeps what it is told in files.
const SYSTEMCTL: &str = r#"#!/bin/sh
state=/run/stand-in-systemd
mkdir -p "$state"
verb=$1
for unit; do :; done
case "$verb" in
  show) echo LoadState=loaded
    if test -e "$state/$unit.running"; then echo ActiveState=active; else echo ActiveState=inactive; fi ;;
  is-enabled) if test -e "$state/$unit.enabled"; then echo enabled; else echo disabled; exit 1; fi ;;
  enable) touch "$state/$unit.enabled" ;;
  disable) rm -f "$state/$unit.enabled" ;;
  start) touch "$state/$unit.running" ;;
  stop) rm -f "$state/$unit.running" ;;
  try-reload-or-restart) ;;
  *) exit 64 ;;
esac
"#;

/// A copy of the root.
pub(crate) struct Root(TempDir);

impl Root {
    pub(crate) fn new() -> Self {
        let base = base();
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let copy = folder.path().join("root");
        well(Command::new("cp").arg("-a").arg(base).arg(&copy));
        fs::write(folder.path().join("net"), "").expect("written");
        let root = Self(folder);
        well(Command::new("unshare").arg(format!("--net={}", root.net())).arg("true"));
        root.write("usr/bin/systemctl", SYSTEMCTL, 0o755);
        fs::create_dir_all(root.path().join("run/systemd/system")).expect("made");
        for (name, version) in [("tenon-sample", "1.0"), ("tenon-sample", "2.0"), ("tenon-sample-old", "1.0")]
        {
            root.package(name, version);
        }
        root.write("etc/apt/sources.list", "deb [trusted=yes] file:/srv/repo ./\n", 0o644);
        root.sh("apt-get -qq update");
        root
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("root")
    }

    pub(crate) fn write(&self, path: &str, text: &str, mode: u32) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
    }

    /// Runs a shell in the root.
    pub(crate) fn sh(&self, script: &str) -> String {
        let inside = "mount -t proc proc proc && exec chroot . /bin/sh -ec \"$SCRIPT\"";
        let output = well(self.inside(inside).env("SCRIPT", script));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Applies documents, and returns each resource with its status and detail.
    pub(crate) fn apply(&self, documents: &[PathBuf], arguments: &[&str]) -> Vec<(String, String, String)> {
        let output = self.applying("", documents, arguments).output().expect("started");
        let reports: Vec<Value> = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no reports: {}", String::from_utf8_lossy(&output.stderr)));
        let text = |report: &Value, member: &str| report[member].as_str().expect("a text").to_owned();
        reports.iter().map(|r| (text(r, "resource"), text(r, "status"), text(r, "detail"))).collect()
    }

    /// Applies documents, and is killed with all that it has started after some milliseconds.
    pub(crate) fn apply_until(&self, documents: &[PathBuf], milliseconds: u32) {
        let limit = format!("timeout --signal=KILL {}.{:03}", milliseconds / 1000, milliseconds % 1000);
        self.applying(&limit, documents, &[]).output().expect("started");
    }

    fn applying(&self, limit: &str, documents: &[PathBuf], arguments: &[&str]) -> Command {
        let inside = format!("mount -t proc proc proc && {limit} \"$@\"");
        let mut command = self.inside(&inside);
        command.arg("sh").args([AGENT, "policy", "apply", "--json", "--root", "."]).args(arguments);
        command.args(documents);
        command
    }

    /// A shell that is the first process of namespaces of its own: with its end everything in them ends.
    fn inside(&self, script: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net={}", self.net()))
            .arg("unshare")
            .args(["--mount", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "sh", "-ec", script])
            .current_dir(self.path());
        command
    }

    /// The network of the root, which is kept between its runs: settings of the kernel are in it.
    fn net(&self) -> String {
        self.0.path().join("net").display().to_string()
    }

    fn package(&self, name: &str, version: &str) {
        let build = self.0.path().join(format!("{name}-{version}"));
        let share = build.join("usr/share").join(name);
        fs::create_dir_all(&share).expect("made");
        fs::create_dir_all(build.join("DEBIAN")).expect("made");
        fs::write(share.join("version"), version).expect("written");
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\n\
             Description: sample\n"
        );
        fs::write(build.join("DEBIAN/control"), &control).expect("written");
        let repository = self.path().join("srv/repo");
        fs::create_dir_all(&repository).expect("made");
        let file = format!("{name}_{version}_all.deb");
        let package = repository.join(&file);
        well(Command::new("dpkg-deb").args(["--build", "--root-owner-group"]).arg(&build).arg(&package));
        let sum = well(Command::new("sha256sum").arg(&package)).stdout;
        let sum = String::from_utf8_lossy(&sum).split(' ').next().expect("a sum").to_owned();
        let size = fs::metadata(&package).expect("there").len();
        let index = repository.join("Packages");
        let mut packages = fs::read_to_string(&index).unwrap_or_default();
        packages.push_str(&format!("{control}Filename: ./{file}\nSize: {size}\nSHA256: {sum}\n\n"));
        fs::write(index, packages).expect("written");
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // The folder cannot be removed while the network is mounted in it.
        let _ = Command::new("umount").arg(self.net()).output();
    }
}

/// Returns the root that all are copies of; the first test of the first run makes it.
fn base() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let base = folder.join(format!("debian-{SUITE}"));
    fs::create_dir_all(folder).expect("made");
    let lock = fs::File::create(folder.join("debian.lock")).expect("made");
    lock.lock().expect("locked");
    if !base.exists() {
        let making = folder.join("debian-making");
        well(Command::new("rm").args(["-rf", "--one-file-system"]).arg(&making));
        let made = Command::new("debootstrap")
            .args(["--variant=minbase", "--include=ca-certificates,openssl", SUITE])
            .arg(&making)
            .output();
        let made =
            made.expect("debootstrap is missing: `apt-get install debootstrap` (these tests run as root)");
        assert!(made.status.success(), "debootstrap failed: {}", String::from_utf8_lossy(&made.stdout));
        fs::rename(&making, &base).expect("renamed");
    }
    base
}

#[track_caller]
fn well(command: &mut Command) -> Output {
    let output = command.output().expect("started");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
