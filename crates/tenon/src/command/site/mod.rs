//! `tenon site`: run a site, attach it to a console, offboard it, say how it stands.

pub(crate) mod config;
mod attach;
mod authority;
mod reload;
pub(crate) mod roles;
mod observe;
mod push;
mod run;
mod status;
mod user;
mod who;
mod audit;
mod device;
pub(crate) mod proofs;
mod approve;
mod issuer;
mod trust;

use std::{path::PathBuf, time::Duration};

use service::log::{Format, LogSettings};

use crate::{
    cli::{LogFormat, ServerOptions},
    files,
    owner::SiteFolder,
};

pub(crate) use roles::SiteRole;

/// `tenon site`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Site {
    #[command(flatten)]
    server: ServerOptions,
    /// The roles that this process has; without the authority among them, it runs elsewhere
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = SiteRole::ALL)]
    roles: Vec<SiteRole>,
    /// End when standard input is closed: for a process that starts this one and must not be outlived
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Attach the site to a console
    Attach(attach::Attach),
    /// End the attachment
    Offboard {
        #[command(flatten)]
        site: SiteFolder,
        #[command(flatten)]
        way: attach::Way,
        /// End it also where the console does not confirm: it may be gone
        #[arg(long)]
        force: bool,
    },
    /// Say how the site stands: keys, attachment, link, devices
    Status {
        #[command(flatten)]
        site: SiteFolder,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Refuse a device from now on: its connection closes, and its certificate is worth nothing
    Revoke {
        #[command(flatten)]
        site: SiteFolder,
        /// The device
        device: action::DeviceId,
    },
    /// The devices of the site: list, approve, retire, delete
    Device(device::SiteDevice),
    /// The identity providers whose tokens prove who a person is: set, show, remove
    Issuer(issuer::Issuer),
    /// The audit of the site: verify, export, show its head
    Audit(audit::Audit),
    /// Find the action of a push by the number in a log line, and what the site's hops said of it
    Push(push::Push),
    /// The site's own keys, which devices believe: list, rotate
    Trust(trust::Trust),
    /// List who may have a device do something
    Whocan(who::WhoCan),
    /// Say why a person may or may not have a device do something
    Explain(who::Explain),
    /// Print a code with which a person's own program has the site know its key (`tenon pair`); good for ten minutes, once
    Pair(proofs::Pair),
    /// End all keys of a person
    SignOut(proofs::SignOut),
    /// List or end the keys that people sign with
    Key(proofs::Keys),
    /// Show or set which level of key each kind of action needs
    Level(proofs::Levels),
    /// Let the console vouch for people who cannot sign
    Vouch(proofs::Vouch),
    /// Approve, or refuse, what waits for a second person; list it, and say what has to wait
    Approve(approve::Approve),
    /// Sign no release until `resume`: an emergency stop
    Halt {
        #[command(flatten)]
        site: SiteFolder,
    },
    /// End a halt
    Resume {
        #[command(flatten)]
        site: SiteFolder,
    },
}

/// How long a site's own parts may take to answer at the start.
const START_WITHIN: Duration = Duration::from_secs(30);

/// Runs `tenon site`.
pub(crate) async fn run(site: Site) -> anyhow::Result<()> {
    match site.what {
        None => run::run(site.server, site.roles, site.until_stdin_closes).await,
        Some(What::Attach(attach)) => attach::attach(attach).await,
        Some(What::Offboard { site, way, force }) => attach::offboard(&site, way, force).await,
        Some(What::Status { site, json }) => status::status(&site, json).await,
        Some(What::Revoke { site, device }) => status::revoke(&site, device).await,
        Some(What::Device(asked)) => device::run(asked).await,
        Some(What::Issuer(asked)) => issuer::run(asked).await,
        Some(What::Audit(asked)) => audit::run(asked).await,
        Some(What::Push(asked)) => push::run(asked).await,
        Some(What::Trust(asked)) => trust::run(asked).await,
        Some(What::Whocan(asked)) => who::who_can(asked).await,
        Some(What::Explain(asked)) => who::explain(asked).await,
        Some(What::Pair(asked)) => proofs::pair(asked).await,
        Some(What::SignOut(asked)) => proofs::sign_out(asked).await,
        Some(What::Key(asked)) => proofs::keys(asked).await,
        Some(What::Level(asked)) => proofs::levels(asked).await,
        Some(What::Vouch(asked)) => proofs::vouch(asked).await,
        Some(What::Approve(asked)) => approve::run(asked).await,
        Some(What::Halt { site }) => status::halt(&site).await,
        Some(What::Resume { site }) => status::resume(&site).await,
    }
}

/// Returns the configuration file that a server command uses.
pub(crate) fn config_path(options: &ServerOptions, usual: &str) -> PathBuf {
    options.config.clone().unwrap_or_else(|| PathBuf::from(usual))
}

/// Returns the settings of a server's logs, and makes their folder.
pub(crate) fn log_settings(folder: PathBuf, format: LogFormat) -> anyhow::Result<LogSettings> {
    files::private_folder(&folder)?;
    let format = match format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    Ok(LogSettings { format, ..LogSettings::new(folder) })
}
