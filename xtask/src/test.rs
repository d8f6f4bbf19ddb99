//! `cargo xtask test`: every test.

use crate::{needs, shell};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Given to the test runner, such as `-p notifier` or the name of a test
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    needs::install()?;
    // The tests in `e2e` start the real programs, which cargo does not build for another package's tests.
    shell::run(&mut shell::cargo(["build", "--locked", "--workspace", "--bins"]))?;

    let whole = options.arguments.is_empty();
    if shell::is_installed("cargo", &["nextest"]) {
        let mut tests = shell::cargo(["nextest", "run", "--locked"]);
        shell::run(tests.args(whole.then_some("--workspace")).args(&options.arguments))?;
        if whole {
            shell::run(&mut shell::cargo(["test", "--locked", "--workspace", "--doc"]))?;
        }
    } else {
        let mut tests = shell::cargo(["test", "--locked"]);
        shell::run(tests.args(whole.then_some("--workspace")).args(&options.arguments))?;
    }
    if whole {
        shell::say("All tests passed.")?;
    }
    Ok(())
}
