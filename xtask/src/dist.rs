//! `cargo xtask dist`: what users install.

use std::{fs, path::Path, process::Command};

use anyhow::Context as _;

use crate::{
    packages::{self, Profiles},
    shell, web,
};

/// The shells that completions are made for.
const SHELLS: [(&str, &str); 3] = [("bash", "tenon.bash"), ("zsh", "_tenon"), ("fish", "tenon.fish")];

pub(crate) fn run() -> anyhow::Result<()> {
    build()?;
    let folder = shell::binaries("dist");
    packages::make(Profiles::SHIPPED, &folder, env!("CARGO_PKG_VERSION"))?;
    for (profile, program) in [("release", "tenon"), ("agent", "tenon-agent")] {
        let (from, to) = (shell::binaries(profile).join(program), folder.join(program));
        fs::copy(&from, &to)
            .with_context(|| format!("failed to copy {} to {}", from.display(), to.display()))?;
    }
    shell::say(&format!("made {}", folder.display()))
}

/// Writes the manual pages and completions beside a `tenon` that was built.
pub(crate) fn texts(binaries: &Path) -> anyhow::Result<()> {
    let (pages, completions) = (binaries.join("man"), binaries.join("completions"));
    for folder in [&pages, &completions] {
        fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    }
    let tenon = binaries.join("tenon");
    shell::run(Command::new(&tenon).arg("man").arg(&pages))?;
    for (shell, file) in SHELLS {
        let script = shell::output(Command::new(&tenon).args(["completions", shell]))?;
        let path = completions.join(file);
        fs::write(&path, script).with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(())
}

/// Builds both programs as they are shipped: the servers fast, the agent small.
pub(crate) fn build() -> anyhow::Result<()> {
    let page = web::build()?;
    let mut servers = shell::cargo(["build", "--locked", "--release", "--package", "tenon", "--bins"]);
    shell::run(servers.env(web::PAGE, page))?;
    shell::run(&mut shell::cargo(["build", "--locked", "--profile", "agent", "--package", "agent", "--bins"]))
}
