//! `cargo xtask fuzz`: the campaigns of the crate `fuzz`.

use crate::shell;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long to run, shared among the targets
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// Repeat a run: the same seed makes the same inputs
    #[arg(long)]
    seed: Option<u64>,
    /// The target, or all of them
    target: Option<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    // The development profile: overflows and debug assertions are what is looked for.
    let mut fuzz = shell::cargo(["run", "--quiet", "--locked", "--package", "fuzz", "--"]);
    fuzz.args(["--minutes", &options.minutes.to_string()]);
    if let Some(seed) = options.seed {
        fuzz.args(["--seed", &seed.to_string()]);
    }
    shell::run(fuzz.args(&options.target))
}
