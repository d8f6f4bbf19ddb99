//! `tenon console`: run a console, or give a person a new password at the console's host.

pub(crate) mod config;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use service::{
    config as files,
    log::{Component, ComponentLog},
    running,
    shutdown::Shutdown,
};

use self::config::ConsoleFile;
use super::site::{config_path, log_settings};
use crate::{
    cli::ServerOptions,
    exit::{self, Stop},
    print,
};

/// Where the configuration file stands unless the command line says otherwise.
const CONFIG: &str = "/etc/tenon/console.toml";

/// `tenon console`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Console {
    #[command(flatten)]
    server: ServerOptions,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Give a person a new password, which is printed once (at the console's host)
    ResetPassword {
        /// The console's configuration file
        #[arg(long, default_value = CONFIG)]
        config: PathBuf,
        /// The person's sign-in name
        user: String,
        /// The tenant's name, where several tenants have a person of that name
        #[arg(long)]
        tenant: Option<String>,
    },
}

/// Runs `tenon console`.
pub(crate) async fn run(console: Console) -> anyhow::Result<()> {
    match console.what {
        None => serve(&console.server).await,
        Some(What::ResetPassword { config, user, tenant }) => {
            let file = load(&config)?;
            let account =
                ::console::admin::reset_password(&file.database_url(), tenant.as_deref(), &user).await?;
            print::line(&format!("password of {}: {}", print::clean(&account.name), account.password))?;
            if account.local_accounts_allowed {
                print::line("accounts of the console may sign in again in this tenant")?;
            }
            Ok(())
        }
    }
}

async fn serve(options: &ServerOptions) -> anyhow::Result<()> {
    let file = load(&config_path(options, CONFIG))?;
    crate::files::private_folder(&file.folder)?;
    let log =
        ComponentLog::open(&log_settings(file.log_folder(), options.log_format)?, Component::ADMIN_CENTER)?;
    let database = file.database_url();
    let setup_code = ::console::admin::setup_code(&database).await?;
    let mut config = ::console::Config::new(file.listen, file.public_url.clone(), database);
    config.trusted_proxies = file.trusted_proxies;
    config.private_issuers = file.private_issuers;
    config.issuer_ca_file = file.issuer_ca_file;
    config.metrics_listen = file.metrics.listen;
    config.traces = file.traces.map(|traces| ::console::TracesConfig {
        endpoint: traces.endpoint,
        share: traces.share.unwrap_or(1.0),
    });
    if let Some(days) = file.keep_audit_days {
        config.keep_audit = Duration::from_hours(24 * u64::from(days.max(1)));
    }
    config.tls = file.tls.map(|tls| ::console::TlsFiles { certificate: tls.certificate, key: tls.key });
    let shutdown = Shutdown::on_signals().context("failed to listen for signals")?;
    let running = match ::console::start(config, log, shutdown).await {
        Ok(running) => running,
        Err(error @ ::console::StartError::Config(_)) => {
            let told = service::error::Chain(&error).to_string();
            return Err(Stop::error(exit::CONFIG, told, "correct the configuration file"));
        }
        Err(error) => return Err(error.into()),
    };
    print::line(&format!("the console answers at {}", file.public_url))?;
    if let Some(code) = setup_code {
        print::line("nobody can sign in yet: the first administrator is made with this code, once")?;
        print::line(&format!("setup code: {code}"))?;
    }
    running::tell_ready();
    Ok(running.join().await?)
}

fn load(path: &Path) -> anyhow::Result<ConsoleFile> {
    files::load(path, "console").map_err(|error| {
        let told = service::error::Chain(&error).to_string();
        Stop::error(exit::CONFIG, told, "see docs/operate/console.md for its keys")
    })
}
