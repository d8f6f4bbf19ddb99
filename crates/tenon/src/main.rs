//! Tenon's server binary: every server role and the command line, one file per command.

mod cli;
mod exit;
mod print;
mod limits;
mod files;
mod session;
mod keys;
mod asked;
mod owner;
mod command;

use std::process::ExitCode;

use clap::Parser as _;

/// Thousands of small, short-lived allocations a second (frames, rows) are what this allocator is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => return exit::usage(&refusal),
    };
    limits::open_files();
    service::tls::install_provider();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return exit::failure(&anyhow::Error::new(error).context("failed to start the runtime"));
        }
    };
    match runtime.block_on(command::run(cli)) {
        Ok(code) => code,
        Err(error) => exit::failure(&error),
    }
}
