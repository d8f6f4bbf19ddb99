//! `tenon doctor`: named checks of one role on this machine, each with what to do about it.

mod check;
pub(in crate::command) mod site;
mod console;
mod agent;
mod server;

use std::{path::PathBuf, process::ExitCode};

use service::check::Outcome;

use crate::{command::site::roles::SiteRole, exit, print};

/// `tenon doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Check a site on this machine
    Site {
        /// Its configuration file
        #[arg(long, default_value = "/etc/tenon/site.toml")]
        config: PathBuf,
    },
    /// Check a console on this machine
    Console {
        /// Its configuration file
        #[arg(long, default_value = "/etc/tenon/console.toml")]
        config: PathBuf,
    },
    /// Check the agent on this machine
    Agent {
        /// Its configuration file
        #[arg(long, default_value = ::agent::Settings::PATH)]
        config: PathBuf,
    },
}

/// Runs `tenon doctor`. The exit code is 0 where nothing is wrong, 2 where a check failed.
pub(crate) async fn run(doctor: Doctor) -> anyhow::Result<ExitCode> {
    let checks = match &doctor.what {
        What::Site { config } => site::checks(config, &SiteRole::ALL).await,
        What::Console { config } => console::checks(config).await,
        What::Agent { config } => agent::checks(config).await,
    };
    if doctor.json {
        print::json(&checks)?;
    } else {
        for check in &checks {
            print::line(&print::clean(&format!(
                "{:<7} {:<20} {}",
                check.outcome.word(),
                check.name,
                check.found
            )))?;
            if check.outcome != Outcome::Good {
                print::line(&print::clean(&format!("{:<28} fix: {}", "", check.fix)))?;
            }
        }
    }
    let failed = checks.iter().any(|check| check.outcome == Outcome::Failed);
    Ok(ExitCode::from(if failed { exit::NOT_ALL_DONE } else { exit::DONE }))
}
