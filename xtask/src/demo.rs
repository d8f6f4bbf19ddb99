//! `cargo xtask demo`: everything on this machine.

use std::os::unix::process::CommandExt as _;

use anyhow::Context as _;

use crate::{shell, web};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Build with optimisation: slower to build, faster to run
    #[arg(long)]
    release: bool,
    /// Given to `tenon demo`
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let page = web::build()?;
    let mut build = shell::cargo(["build", "--locked", "--package", "tenon", "--package", "agent", "--bins"]);
    if options.release {
        build.arg("--release").env(web::PAGE, page);
    }
    shell::run(&mut build)?;

    let tenon = shell::binaries(if options.release { "release" } else { "debug" }).join("tenon");
    // In the place of this process, so that Ctrl-C reaches the demo and nothing else.
    let error = std::process::Command::new(&tenon).arg("demo").args(&options.arguments).exec();
    Err(error).with_context(|| format!("failed to start {}", tenon.display()))
}
