//! What the second verifier of signed requests needs: Python with the package `cryptography`, in a folder of its own.

use std::process::Command;

use anyhow::Context as _;

use crate::shell;

/// The packages, pinned.
const REQUIREMENTS: &str = "e2e/verifier/requirements.txt";

/// Installs the packages into `target/verifier`, where they are not there.
pub(crate) fn install() -> anyhow::Result<()> {
    let folder = shell::root().join("target/verifier");
    let python = folder.join("bin/python3");
    let has = |python: &std::path::Path| {
        let imported = Command::new(python).args(["-c", "import cryptography"]).output();
        imported.is_ok_and(|output| output.status.success())
    };
    if has(&python) {
        return Ok(());
    }
    let fix = "the second verifier of signed requests needs Python 3 with venv (Debian: python3-venv)";
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&folder)).context(fix)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
    shell::run(pip.current_dir(shell::root())).context(fix)
}
