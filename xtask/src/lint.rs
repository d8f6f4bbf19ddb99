//! `cargo xtask lint`: what can be said about the code without running it.

use crate::{shell, tidy};

pub(crate) fn run() -> anyhow::Result<()> {
    shell::run(&mut shell::cargo(["fmt", "--all", "--check"]))?;
    tidy::run()?;
    let clippy = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    shell::run(&mut shell::cargo(clippy))?;
    // Warnings of rustdoc are errors by `.cargo/config.toml`.
    shell::run(&mut shell::cargo(["doc", "--locked", "--workspace", "--no-deps", "--quiet"]))?;
    if shell::is_installed("cargo", &["deny"]) { deny() } else { Ok(()) }
}

pub(crate) fn deny() -> anyhow::Result<()> {
    if !shell::is_installed("cargo", &["deny"]) {
        anyhow::bail!("cargo-deny is not installed: `cargo install --locked cargo-deny`");
    }
    // Not `advisories`: their database is a git repository of its own, which not every machine may reach.
    shell::run(&mut shell::cargo(["deny", "--locked", "check", "bans", "licenses", "sources"]))
}
