//! Packages from PyPI for the tests, each list in an environment of its own.

use std::{fs, process::Command};

use anyhow::Context as _;

use crate::shell;

/// The lists, pinned, and the environments that they are installed into: what a second verifier of signed requests needs,
/// what tries the API with whatever its description allows and does not, and what reads traces as a collector does.
const LISTS: [(&str, &str); 3] = [
    ("e2e/verifier/requirements.txt", "target/verifier"),
    ("e2e/schemathesis/requirements.txt", "target/schemathesis"),
    ("e2e/collector/requirements.txt", "target/collector"),
];

/// The list that was installed last, in the environment that it was installed into.
const STAMP: &str = "installed.txt";

/// Installs the packages of each list, where they are not there already.
pub(crate) fn install() -> anyhow::Result<()> {
    LISTS.into_iter().try_for_each(|(list, environment)| install_list(list, environment))
}

fn install_list(list: &str, environment: &str) -> anyhow::Result<()> {
    let (list, environment) = (shell::root().join(list), shell::root().join(environment));
    let wanted = fs::read_to_string(&list).with_context(|| format!("failed to read {}", list.display()))?;
    let stamp = environment.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    let fix = "tests need Python 3 with venv (Debian: python3-venv)";
    shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment)).context(fix)?;
    let mut pip = Command::new(environment.join("bin/python3"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&list);
    shell::run(&mut pip).context(fix)?;
    fs::write(&stamp, &wanted).with_context(|| format!("failed to write {}", stamp.display()))
}
