//! The Debian packages: made by cargo-deb from the `[package.metadata.deb]` of the two programs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::{dist, e2e, needs, shell};

/// How the two programs of a set of packages are built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profiles {
    /// Of `tenon`.
    pub(crate) servers: &'static str,
    /// Of `tenon-agent`.
    pub(crate) agent: &'static str,
}

impl Profiles {
    /// As they are shipped: the servers fast, the agent small.
    pub(crate) const SHIPPED: Self = Self { servers: "release", agent: "agent" };
    /// As the tests build them anyway.
    const TESTED: Self = Self { servers: "dev", agent: "dev" };
}

/// The version of the packages that the others are an upgrade of.
const OLDER: &str = "0.0.1";

/// Makes the packages as the tests build the programs, and tries them in a Debian of their own.
pub(crate) fn test(options: &e2e::Options) -> anyhow::Result<()> {
    needs::install_for_packages()?;
    // All of the workspace, as the tests build it: a part of it would be built anew, with other features.
    shell::run(&mut shell::cargo(["build", "--locked", "--workspace", "--bins"]))?;
    let folder = shell::binaries("packages");
    for (version, under) in [(OLDER, "older"), (env!("CARGO_PKG_VERSION"), "newer")] {
        make(Profiles::TESTED, &folder.join(under), version)?;
    }
    e2e::run("packages", options)
}

/// Makes both packages of what was built, in an empty folder.
pub(crate) fn make(profiles: Profiles, folder: &Path, version: &str) -> anyhow::Result<()> {
    if !shell::is_installed("cargo", &["deb"]) {
        bail!("cargo-deb makes the packages: `cargo install --locked cargo-deb`");
    }
    dist::texts(&binaries(profiles.servers))?;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("failed to empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    for (package, profile) in [("tenon", profiles.servers), ("agent", profiles.agent)] {
        let mut deb = shell::cargo(["deb", "--no-build", "--no-separate-debug-symbols", "--quiet"]);
        // What is installed once and thrown away is not worth minutes of packing.
        deb.args((profile == "dev").then_some("--fast"));
        deb.args(["--package", package, "--profile", profile, "--deb-version", version, "--output"]);
        shell::run(deb.arg(folder))?;
    }
    Ok(())
}

/// Returns the folder of a profile's binaries; cargo has another name for that of `dev`.
fn binaries(profile: &str) -> PathBuf {
    shell::binaries(if profile == "dev" { "debug" } else { profile })
}
