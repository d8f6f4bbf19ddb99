//! `cargo xtask bench`: the benchmarks of the crate `bench`.

use crate::shell;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Given to the benchmarks, such as the name of one
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    // The benchmarks start the real programs, built as they are shipped.
    let programs = ["build", "--locked", "--release", "--package", "tenon", "--package", "agent", "--bins"];
    shell::run(&mut shell::cargo(programs))?;
    let mut bench = shell::cargo(["run", "--locked", "--release", "--package", "bench", "--"]);
    shell::run(bench.args(&options.arguments))
}
