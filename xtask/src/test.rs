//! `cargo xtask test`: every test.

use crate::{needs, python, shell, web};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Given to the test runner, such as `-p notifier` or the name of a test
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    needs::install()?;
    web::build()?;
    web::install(web::STORIES)?;
    web::install(web::PROVIDER)?;
    web::install(web::GRAPH)?;
    python::install()?;
    // The tests in `e2e` start the real programs, which cargo does not build for another package's tests.
    shell::run(&mut shell::cargo(["build", "--locked", "--workspace", "--bins"]))?;

    let whole = options.arguments.is_empty();
    if whole {
        web::test()?;
        // No other runner knows the examples in the documentation. First, so that the tests have the last word.
        shell::run(&mut shell::cargo(["test", "--locked", "--workspace", "--doc"]))?;
    }
    let runner: &[&str] =
        if shell::is_installed("cargo", &["nextest"]) { &["nextest", "run"] } else { &["test"] };
    let mut tests = shell::cargo(runner);
    tests.arg("--locked");
    if whole {
        tests.args(["--workspace", "--lib", "--bins", "--tests"]);
    }
    shell::run(tests.args(&options.arguments))?;
    if whole {
        shell::say("All tests passed.")?;
    }
    Ok(())
}
