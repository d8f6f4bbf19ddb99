//! `tenon action`: run a device action, follow it, withdraw it.

pub(crate) mod ask;
mod check;
mod drain;
mod show;
pub(crate) mod follow;

use std::process::ExitCode;

use action::{SiteId, TaskGuid};
use console_api::{ActionQuery, Kind, LARGEST_PAGE};

use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon action`.
#[derive(Debug, clap::Args)]
pub(crate) struct Action {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Run a device action
    Run(Run),
    /// Say what would become of an action, without running anything
    Check(Run),
    /// Show an action with the history of its hops
    Show {
        /// The action's id
        task_guid: TaskGuid,
    },
    /// Show how fast the push of an action reaches the devices that are online
    Drain {
        /// The action's id
        task_guid: TaskGuid,
    },
    /// List actions, newest first
    List {
        /// At most this many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(LARGEST_PAGE)))]
        limit: u32,
    },
    /// Withdraw an action
    Cancel {
        /// The action's id
        task_guid: TaskGuid,
    },
    /// List the kinds of action
    Kinds,
}

/// `tenon action run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// Such as `sync-machine-policy` (see `tenon action kinds`), or a task type's number
    kind: Kind,
    /// A device, by id or name; may be given more than once
    #[arg(long = "device", required_unless_present = "collection", conflicts_with = "collection")]
    devices: Vec<String>,
    /// A collection of a site, such as `SMS00001`
    #[arg(long)]
    collection: Option<String>,
    /// The collection's site; the only one of the tenant where it is left out
    #[arg(long, requires = "collection")]
    on_site: Option<SiteId>,
    /// Refuse if the collection holds more devices than this
    #[arg(long, requires = "collection")]
    at_most: Option<u64>,
    /// `TaskParam`, where the kind takes one
    #[arg(long, default_value = "")]
    param: String,
    /// Expire for devices that have not received it within this many minutes
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1440))]
    deliver_within_minutes: Option<u64>,
    /// Follow it until every target has ended
    #[arg(long)]
    wait: bool,
    /// Asking again with the same key gives the same action
    #[arg(long)]
    idempotency_key: Option<String>,
}

/// Runs `tenon action`.
pub(crate) async fn run(action: Action) -> anyhow::Result<ExitCode> {
    let client = action.console.client()?;
    let json = action.console.json;
    match action.what {
        What::Run(asked) => return ask::run(&client, asked, json).await,
        What::Check(asked) => return check::run(&client, asked, json).await,
        What::Show { task_guid } => {
            let action = client.action(task_guid).await.map_err(refused)?;
            if json { print::json(&action)? } else { show::whole(&action)? }
        }
        What::Drain { task_guid } => {
            let drain = client.drain(task_guid).await.map_err(refused)?;
            if json { print::json(&drain)? } else { drain::show(&drain)? }
        }
        What::List { limit } => {
            let query = ActionQuery { limit: Some(limit), ..ActionQuery::default() };
            let actions = client.actions(&query).await.map_err(refused)?.items;
            if json { print::json(&actions)? } else { show::list(&actions)? }
        }
        What::Cancel { task_guid } => {
            let cancelled = client.cancel_action(task_guid).await.map_err(refused)?;
            if json {
                print::json(&cancelled)?;
            } else if cancelled.ended {
                print::line(&format!("{task_guid} is cancelled: its site had not been told of it"))?;
            } else {
                print::line(&format!(
                    "the site is asked to cancel {task_guid}; devices that have received it go on (`tenon action show`)"
                ))?;
            }
        }
        What::Kinds => {
            let rows: Vec<_> = ::action::ActionKind::known()
                .map(|kind| vec![Kind(kind).to_string(), kind.0.to_string(), kind.title()])
                .collect();
            print::table(&["KIND", "TASK TYPE", "WHAT IT IS"], &rows)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
