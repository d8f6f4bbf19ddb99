//! `tenon agent enrol`: the same as `tenon-agent enrol`, for hosts where both programs are.

use std::path::PathBuf;

use agent::{EnrolOptions, Existing, Settings};
use anyhow::Context as _;

use crate::print;

/// `tenon agent`.
#[derive(Debug, clap::Args)]
pub(crate) struct Agent {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Enrol this machine with a join token of its site
    Enrol {
        /// The agent's configuration file
        #[arg(long, default_value = Settings::PATH)]
        config: PathBuf,
        /// The join token, `TJ1.…`
        #[arg(long, env = "TENON_JOIN_TOKEN", hide_env_values = true)]
        token: String,
        /// Replace an enrolment that the machine has: it becomes a new device
        #[arg(long)]
        replace: bool,
    },
}

/// Runs `tenon agent`.
pub(crate) async fn run(agent: Agent) -> anyhow::Result<()> {
    let What::Enrol { config, token, replace } = agent.what;
    let settings = Settings::load(&config)?;
    let options = EnrolOptions {
        folder: settings.config.folder,
        token: token.trim().parse().context("failed to read the join token")?,
        name: settings.config.name,
        existing: if replace { Existing::Replace } else { Existing::Keep },
        proxy: settings.config.proxy,
    };
    let enrolled = ::agent::enrol(options).await?;
    print::line(&format!(
        "enrolled at the site {} ({}) as the device {}",
        print::clean(&enrolled.site_name),
        enrolled.site,
        enrolled.device
    ))?;
    Ok(())
}
