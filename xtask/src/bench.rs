//! `cargo xtask bench`: the benchmarks of the crate `bench`.

use anyhow::Context as _;

use crate::{dist, shell};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Given to the benchmarks, such as the name of one
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    // The benchmarks start the real programs, built as they are shipped, from the folder that they lie in themselves.
    dist::build()?;
    let (from, to) =
        (shell::binaries("agent").join("tenon-agent"), shell::binaries("release").join("tenon-agent"));
    std::fs::copy(&from, &to)
        .with_context(|| format!("failed to copy {} to {}", from.display(), to.display()))?;
    let mut bench = shell::cargo(["run", "--locked", "--release", "--package", "bench", "--"]);
    shell::run(bench.args(&options.arguments))
}
