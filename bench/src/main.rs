//! Benchmarks: `cargo xtask bench NAME`. Each prints what it measured, on what, and against what.

mod machine;
mod figures;
mod action_path;
mod authorise;
mod collection;
mod idle_agent;
mod notifier;
mod policy;
mod proof;
mod search;
mod diagnose;
mod soak;

use clap::{Parser, Subcommand};

/// As in `tenon`: the notification server that is measured runs in this program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Benchmarks of Tenon
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench")]
struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Request to answer through all hops, one action after the other
    ActionPath(action_path::Options),
    /// Deciding an action for a collection of 100,000 devices, and what it costs that 1,000 of them change
    Authorise(authorise::Options),
    /// An action on a collection of 10,000 and of 100,000 devices, until its push tasks are stored
    Collection(collection::Options),
    /// An idle agent's memory, and the size of its binary
    IdleAgent(idle_agent::Options),
    /// The notification server beside Mosquitto and NATS: memory, connects, pushes
    Notifier(notifier::Options),
    /// The notification server that is measured
    #[command(hide = true)]
    NotifierServer(notifier::server::Options),
    /// A policy of many files, evaluated without a change
    Policy(policy::Options),
    /// Signing and verifying: requests, pushes, tasks
    Proof(proof::Options),
    /// Half an hour of a site with strange devices: what grows
    Soak(soak::Options),
    /// Finding devices among a million, on both databases
    Search(search::Options),
    /// Reading a large log, against `grep -F`
    Diagnose(diagnose::Options),
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    if let What::NotifierServer(options) = options.what {
        return runtime.block_on(notifier::server::run(options));
    }
    machine::print()?;
    match options.what {
        What::ActionPath(options) => runtime.block_on(action_path::run(&options)),
        What::Authorise(options) => runtime.block_on(authorise::run(&options)),
        What::Collection(options) => runtime.block_on(collection::run(&options)),
        What::IdleAgent(options) => runtime.block_on(idle_agent::run(&options)),
        What::Notifier(options) => runtime.block_on(notifier::run(options)),
        What::NotifierServer(_) => Ok(()),
        What::Policy(options) => policy::run(&options),
        What::Diagnose(options) => diagnose::run(&options),
        What::Proof(options) => runtime.block_on(proof::run(&options)),
        What::Soak(options) => runtime.block_on(soak::run(&options)),
        What::Search(options) => runtime.block_on(search::run(&options)),
    }
}
