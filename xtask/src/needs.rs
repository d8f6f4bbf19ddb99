//! What the tests need from the system, and how it gets there.

use std::{env, path::Path, process::Command};

use anyhow::bail;

use crate::shell;

/// Something that the tests need.
struct Need {
    what: &'static str,
    /// The Debian package.
    package: &'static str,
    is_there: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need {
        what: "PostgreSQL's server programs (the stores' tests run on a private server)",
        package: "postgresql",
        is_there: postgresql,
    },
    Need {
        what: "Chromium (the page's stories run in a real browser)",
        package: "chromium",
        is_there: || in_path("chromium"),
    },
    Need {
        what: "Python 3 with venv (a second verifier of signed requests, schemathesis, which tries the API, and OpenTelemetry's own messages)",
        package: "python3-venv",
        is_there: python_venv,
    },
    Need {
        what: "debootstrap (policies and packages are tried in a Debian of their own)",
        package: "debootstrap",
        is_there: || in_path("debootstrap"),
    },
    Need {
        what: "promtool (the alert rules are tested as Prometheus reads them)",
        package: "prometheus",
        is_there: || in_path("promtool"),
    },
];

/// What the test of the packages needs beside the rest.
const NEEDS_FOR_PACKAGES: &[Need] = &[
    Need {
        what: "systemd-nspawn (that Debian is started)",
        package: "systemd-container",
        is_there: || in_path("systemd-nspawn"),
    },
    Need {
        what: "dpkg-shlibdeps (a package names the libraries that it needs)",
        package: "dpkg-dev",
        is_there: || in_path("dpkg-shlibdeps"),
    },
];

/// Installs what the test of the packages needs.
pub(crate) fn install_for_packages() -> anyhow::Result<()> {
    install_all(NEEDS_FOR_PACKAGES)
}

/// Installs what the tests need.
pub(crate) fn install() -> anyhow::Result<()> {
    install_all(NEEDS)
}

/// Installs what is missing where this may install (as root, with apt-get); else says what is missing.
fn install_all(needs: &'static [Need]) -> anyhow::Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !rustix::process::geteuid().is_root() || !shell::is_installed("apt-get", &[]) {
        let list: Vec<String> = missing.iter().map(|need| format!("  - {}", need.what)).collect();
        bail!(
            "the tests need what this machine does not have:\n{}\non Debian and Ubuntu: sudo apt-get install {}",
            list.join("\n"),
            packages.join(" ")
        );
    }

    shell::run(&mut apt_get(&["update", "-q"]))?;
    let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    shell::run(&mut apt_get(&arguments))?;
    match missing.iter().find(|need| !(need.is_there)()) {
        Some(need) => bail!("{} is still missing after the installation of `{}`", need.what, need.package),
        None => Ok(()),
    }
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Debian keeps the server's programs out of `PATH`, in a folder for each version.
fn postgresql() -> bool {
    let in_path =
        env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| holds_server(&folder)));
    let in_debian = std::fs::read_dir("/usr/lib/postgresql")
        .is_ok_and(|versions| versions.flatten().any(|version| holds_server(&version.path().join("bin"))));
    in_path || in_debian
}

fn python_venv() -> bool {
    let imported = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
    imported.is_ok_and(|output| output.status.success())
}

fn in_path(program: &str) -> bool {
    let usual = env::var_os("PATH").unwrap_or_default();
    // Debian keeps what only root runs in folders that are not everybody's.
    env::split_paths(&usual)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}

fn holds_server(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}
