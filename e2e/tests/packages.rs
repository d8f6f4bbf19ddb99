//! The Debian packages, installed, upgraded, removed and purged in a Debian of their own, with its own systemd.
//!
//! `cargo xtask packages` makes the packages and runs this, as root; it takes minutes, so the other tests do without it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use e2e::binary;

/// The release that the packages are tried on, and what a minimal system lacks for it.
const RELEASE: &str = "bookworm";
const INCLUDED: &str = "systemd,systemd-sysv,dbus,ca-certificates";
/// How long the Debian may run.
const PATIENCE: &str = "600";
/// The last line of a story that went well.
const WELL: &str = "== all went well";

#[test]
#[ignore = "needs root and minutes: cargo xtask packages"]
fn packages_are_installed_upgraded_removed_and_purged() {
    let packages =
        binary("tenon").parent().and_then(Path::parent).expect("the target folder").join("packages");
    assert!(packages.join("newer").is_dir(), "`cargo xtask packages` makes the packages first");
    let folder = tempfile::Builder::new().prefix("tenon-packages-").tempdir().expect("a folder");
    let debian = debian(&packages.join("debian"));
    let (root, result) = (folder.path().join("root"), folder.path().join("result"));
    run(Command::new("cp").arg("-a").args([&debian, &root]));
    fs::create_dir(&result).expect("a folder for the result");
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("packages");
    install_story(&story, &root);

    // Whatever happens inside, it is over in time: `timeout` ends the container by its own process id.
    let mut nspawn = Command::new("timeout");
    nspawn.args(["--kill-after=30", PATIENCE, "systemd-nspawn", "--quiet", "--boot", "--register=no"]);
    nspawn.args(["--keep-unit", "--private-network", "--link-journal=no", "--console=pipe"]);
    nspawn.arg(format!("--directory={}", root.display()));
    nspawn.arg(format!("--bind-ro={}:/packages", packages.display()));
    nspawn.arg(format!("--bind-ro={}:/story", story.display()));
    nspawn.arg(format!("--bind={}:/result", result.display()));
    let boot = nspawn.output().expect("systemd-nspawn (Debian: systemd-container)");

    let output = fs::read_to_string(result.join("output")).unwrap_or_default();
    assert!(
        output.lines().last() == Some(WELL),
        "{output}\n--- the console of the system:\n{}{}",
        String::from_utf8_lossy(&boot.stdout),
        String::from_utf8_lossy(&boot.stderr)
    );
}

/// Makes a minimal Debian, once.
fn debian(at: &Path) -> PathBuf {
    if !at.join("sbin/init").exists() {
        // One that was not finished is of no use.
        let _ = fs::remove_dir_all(at);
        let begun = at.with_extension("begun");
        let _ = fs::remove_dir_all(&begun);
        run(Command::new("debootstrap")
            .args(["--variant=minbase", &format!("--include={INCLUDED}"), RELEASE])
            .arg(&begun));
        fs::rename(&begun, at).expect("the system takes its place");
    }
    at.to_owned()
}

fn install_story(story: &Path, root: &Path) {
    let units = root.join("etc/systemd/system");
    fs::copy(story.join("story.service"), units.join("story.service")).expect("the unit is copied");
    let wanted = units.join("default.target.wants");
    fs::create_dir_all(&wanted).expect("a folder for the wish");
    // Debian's installer writes it; debootstrap does not.
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost\n").expect("a name for the machine itself");
    std::os::unix::fs::symlink("../story.service", wanted.join("story.service")).expect("the unit is wanted");
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
}
