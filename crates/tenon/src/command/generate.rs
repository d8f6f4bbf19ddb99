//! What is generated from the command line and the API themselves: completions, manual pages, OpenAPI.

use std::{io, path::PathBuf};

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::{cli::Cli, print};

/// `tenon completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    shell: clap_complete::Shell,
}

/// `tenon man`.
#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// The folder, which must exist
    folder: PathBuf,
}

/// Prints the completion script of a shell.
pub(crate) fn completions(completions: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Cli::command(), "tenon", &mut script);
    io::Write::write_all(&mut io::stdout().lock(), &script).context("failed to print the completion script")
}

/// Writes `tenon.1` and a page for each command.
pub(crate) fn man(man: &Man) -> anyhow::Result<()> {
    clap_mangen::generate_to(Cli::command(), &man.folder)
        .with_context(|| format!("failed to write the manual pages into {}", man.folder.display()))
}

/// Prints the OpenAPI document.
pub(crate) fn openapi() -> anyhow::Result<()> {
    Ok(print::line(&console::openapi())?)
}
