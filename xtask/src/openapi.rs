//! `cargo xtask openapi`: the description of the console's API, made of its code.

use std::fs;

use anyhow::Context as _;

use crate::shell;

pub(crate) fn run() -> anyhow::Result<()> {
    let arguments = ["run", "--quiet", "--locked", "--package", "tenon", "--bin", "tenon", "--", "openapi"];
    let text = shell::output(&mut shell::cargo(arguments))?;
    let path = shell::root().join("docs/openapi.json");
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    shell::say(&format!("wrote {}", path.display()))
}
