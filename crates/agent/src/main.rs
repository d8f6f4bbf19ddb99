//! `tenon-agent`: enrols this device and runs its agent.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use agent::{AgentLogs, EnrolOptions, Existing, LocalOrder, Settings};
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use service::{check::Outcome, error::Chain, shutdown::Shutdown};

/// Threads for what the system only offers as waiting: looking up names, and applying policy.
const WAITING_THREADS: usize = 4;
/// How long such a thread stays without work.
const IDLE_THREAD: Duration = Duration::from_secs(1);
/// How long a policy that is being applied may hold the end of the process up.
const END_WITHIN: Duration = Duration::from_secs(5);
/// The configuration cannot be used (sysexits.h).
const EX_CONFIG: u8 = 78;

/// The Tenon agent: enrols this device at its site, and does what the site asks of it.
#[derive(Debug, Parser)]
#[command(name = "tenon-agent", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enrol this device with a join token of its site.
    Enrol {
        /// The configuration file.
        #[arg(long, default_value = Settings::PATH)]
        config: PathBuf,
        /// The join token, `TJ1.…`; made by `tenon join-token create`.
        #[arg(long, env = "TENON_JOIN_TOKEN", hide_env_values = true)]
        token: String,
        /// Replace an enrolment that the device has: it becomes a new device.
        #[arg(long)]
        replace: bool,
    },
    /// Run the agent.
    Run {
        /// The configuration file.
        #[arg(long, default_value = Settings::PATH)]
        config: PathBuf,
    },
    /// Check what the agent needs on this machine, each with what to do about it.
    Doctor {
        /// The configuration file.
        #[arg(long, default_value = Settings::PATH)]
        config: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Apply policy documents without a site.
    Policy {
        #[command(subcommand)]
        what: Local,
    },
}

#[derive(Debug, Subcommand)]
enum Local {
    /// Apply documents to this machine, and print what became of each resource.
    Apply {
        /// The documents.
        #[arg(required = true)]
        documents: Vec<PathBuf>,
        /// A folder that is the root of everything, such as one that debootstrap made.
        #[arg(long)]
        root: Option<PathBuf>,
        /// Change nothing, and say what would be changed.
        #[arg(long)]
        what_if: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Say at the end how much memory it took.
        #[arg(long, hide = true)]
        memory: bool,
    },
    /// Apply what comes on the input, as the user that the agent has started this as.
    #[command(hide = true)]
    AsUser,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    service::tls::install_provider();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(WAITING_THREADS)
        .thread_keep_alive(IDLE_THREAD)
        .build();
    let outcome = runtime.context("failed to start the runtime").and_then(|runtime| {
        let outcome = runtime.block_on(execute(cli.command));
        runtime.shutdown_timeout(END_WITHIN);
        outcome
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            tell(format_args!("tenon-agent: {}", Chain(error.as_ref())), std::io::stderr());
            if error.is::<agent::SettingsError>() { ExitCode::from(EX_CONFIG) } else { ExitCode::FAILURE }
        }
    }
}

/// Prints the checks; returns 2 where one failed.
async fn doctor(config: &std::path::Path, json: bool) -> anyhow::Result<ExitCode> {
    /// A check failed, as of `tenon doctor`.
    const NOT_WELL: u8 = 2;
    let checks = agent::examine(&Settings::load(config)?).await;
    if json {
        tell(format_args!("{}", serde_json::to_string_pretty(&checks)?), std::io::stdout());
    }
    for check in checks.iter().filter(|_| !json) {
        let text = format!("{:<7} {:<20} {}", check.outcome.word(), check.name, check.found);
        let text = text.replace(char::is_control, " ");
        tell(format_args!("{text}"), std::io::stdout());
        if check.outcome != Outcome::Good {
            tell(format_args!("{:<28} fix: {}", "", check.fix), std::io::stdout());
        }
    }
    let failed = checks.iter().any(|check| check.outcome == Outcome::Failed);
    Ok(if failed { ExitCode::from(NOT_WELL) } else { ExitCode::SUCCESS })
}

async fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Enrol { config, token, replace } => {
            let settings = Settings::load(&config)?;
            let options = EnrolOptions {
                folder: settings.config.folder,
                token: token.trim().parse().context("failed to read the join token")?,
                name: settings.config.name,
                existing: if replace { Existing::Replace } else { Existing::Keep },
                proxy: settings.config.proxy,
            };
            let enrolment = agent::enrol(options).await?;
            let text = format!(
                "Enrolled at site `{}` ({}) as device {}",
                enrolment.site_name, enrolment.site, enrolment.device
            );
            tell(format_args!("{}", text.escape_debug()), std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Run { config } => {
            let settings = Settings::load(&config)?;
            let logs = AgentLogs::open(&settings.logs)?;
            let shutdown = Shutdown::on_signals().context("failed to listen to signals")?;
            service::running::tell_ready();
            agent::run(settings.config, logs, shutdown).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor { config, json } => doctor(&config, json).await,
        Command::Policy { what: Local::Apply { documents, root, what_if, json, memory } } => {
            agent::apply_here(&LocalOrder { documents, root, what_if, json }, std::io::stdout())?;
            if memory {
                let status = std::fs::read_to_string("/proc/self/status")?;
                let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(str::trim);
                let most = most.and_then(|most| most.strip_suffix(" kB")).unwrap_or_default();
                tell(format_args!("most memory: {most} KiB"), std::io::stderr());
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Policy { what: Local::AsUser } => {
            agent::apply_as_this_user(std::io::stdin(), std::io::stdout())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn tell(text: std::fmt::Arguments<'_>, mut to: impl std::io::Write) {
    // Who started the program and does not listen misses nothing that the logs do not have.
    let _ = writeln!(to, "{text}");
}
