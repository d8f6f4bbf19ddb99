//! `cargo xtask faults` and `cargo xtask soak`: suites of the crate `e2e` that take too long for every change.

use crate::shell;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Given to the test runner, such as the name of a test
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the ignored tests whose name contains `suite`.
pub(crate) fn run(suite: &str, options: &Options) -> anyhow::Result<()> {
    shell::run(&mut shell::cargo(["build", "--locked", "--workspace", "--bins"]))?;
    let mut tests =
        shell::cargo(["test", "--locked", "--package", "e2e", "--", "--ignored", "--nocapture", suite]);
    shell::run(tests.args(&options.arguments))
}
