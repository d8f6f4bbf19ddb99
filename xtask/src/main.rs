//! The tasks of the repository: `cargo xtask <task>`. What each does is in the file of its name.

mod shell;
mod needs;
mod web;
mod python;
mod demo;
mod test;
mod lint;
mod tidy;
mod openapi;
mod fuzz;
mod bench;
mod e2e;
mod dist;
mod packages;

use clap::{Parser, Subcommand};

/// Tasks of this repository
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build everything and run the main job on this machine
    Demo(demo::Options),
    /// Install what the tests need, then run every test
    Test(test::Options),
    /// Check the format, the lints, the documentation and the dependencies
    Lint,
    /// Check bans, licences and sources of the dependencies with cargo-deny
    Deny,
    /// Check the rules of the repository that no compiler knows
    Tidy,
    /// Write docs/openapi.json
    Openapi,
    /// Build the admin center's page into web/dist
    Web,
    /// Throw mutated inputs at the decoders
    Fuzz(fuzz::Options),
    /// Run the benchmarks
    Bench(bench::Options),
    /// Kill and starve the real programs, at length
    Faults(e2e::Options),
    /// Run the real programs for hours and watch what grows
    Soak(e2e::Options),
    /// Build the release binaries, manual pages, completions and Debian packages
    Dist,
    /// Install, upgrade, remove and purge the Debian packages in a Debian of their own
    Packages(e2e::Options),
}

fn main() -> anyhow::Result<()> {
    match Options::parse().task {
        Task::Demo(options) => demo::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Lint => lint::run(),
        Task::Deny => lint::deny(),
        Task::Tidy => tidy::run(),
        Task::Openapi => openapi::run(),
        Task::Web => web::build().map(drop),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Faults(options) => e2e::run("faults", &options),
        Task::Soak(options) => e2e::run("soak", &options),
        Task::Dist => dist::run(),
        Task::Packages(options) => packages::test(&options),
    }
}
