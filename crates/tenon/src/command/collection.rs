//! `tenon collection`: the collections of a site.

mod rollout;

use action::DeviceId;
use authority_link::{CollectionEntry, OwnerAnswer, OwnerCall};

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon collection`.
#[derive(Debug, clap::Args)]
pub(crate) struct Collection {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a collection, or change it
    Put {
        /// The collection's name
        name: String,
        /// Devices that match are members, such as `name startsWith "shop-"`
        #[arg(long)]
        query: Option<String>,
        /// A device that is a member in any case; may be given more than once
        #[arg(long = "member", value_name = "DEVICE")]
        members: Vec<DeviceId>,
        /// A collection whose members are its own, by id or name; may be given more than once
        #[arg(long = "include", value_name = "COLLECTION")]
        include: Vec<String>,
        /// A collection whose members are not; may be given more than once
        #[arg(long = "exclude", value_name = "COLLECTION")]
        exclude: Vec<String>,
        /// The collection that it is within: a role on that one covers it
        #[arg(long, value_name = "COLLECTION")]
        limited_to: Option<String>,
    },
    /// List the collections
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the devices of a collection
    Members {
        /// The collection's id or name
        collection: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Have pushes to a collection go ring by ring: the rings in their order, then everybody else
    Rollout {
        /// The collection's id or name
        collection: String,
        /// A ring and when the next one opens: `Pilot:done=95` (percent) or `Early:after=2h` (s, m, h, d); in their order
        #[arg(long = "ring", value_name = "RING", required = true)]
        rings: Vec<String>,
        /// Stop when more than this share of the devices that got the task has failed, in percent
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=100))]
        stop_above: u32,
    },
    /// Have pushes to a collection go to all of its devices at once again
    RolloutRemove {
        /// The collection's id or name
        collection: String,
    },
    /// List the rollouts of collections
    Rollouts {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a collection
    Remove {
        /// The collection's id or name
        collection: String,
    },
}

/// Runs `tenon collection`.
pub(crate) async fn run(collection: Collection) -> anyhow::Result<()> {
    let site = collection.site;
    match collection.what {
        What::Put { name, query, members, include, exclude, limited_to } => {
            let put =
                OwnerCall::PutCollection { name: name.clone(), query, members, include, exclude, limited_to };
            match site.ask(put).await? {
                OwnerAnswer::Collection { id } => print::line(&format!("{name} is stored as {id}"))?,
                other => return Err(unexpected(&other)),
            }
        }
        What::List { json } => match site.ask(OwnerCall::ListCollections).await? {
            OwnerAnswer::Collections { collections } if json => print::json(&collections)?,
            OwnerAnswer::Collections { collections } => {
                let rows: Vec<_> = collections
                    .into_iter()
                    .map(|c| vec![c.id.clone(), c.name.clone(), c.count.to_string(), rules(&c)])
                    .collect();
                print::table(&["ID", "NAME", "DEVICES", "RULES"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Members { collection, json } => match site.ask(OwnerCall::ListMembers { collection }).await? {
            OwnerAnswer::Members { members } if json => print::json(&members)?,
            OwnerAnswer::Members { members } => {
                let rows: Vec<_> =
                    members.into_iter().map(|(device, name)| vec![device.to_string(), name]).collect();
                print::table(&["DEVICE", "NAME"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Rollout { collection, rings, stop_above } => {
            rollout::put(&site, collection, &rings, stop_above).await?;
        }
        What::RolloutRemove { collection } => rollout::remove(&site, collection).await?,
        What::Rollouts { json } => rollout::list(&site, json).await?,
        What::Remove { collection } => {
            match site.ask(OwnerCall::RemoveCollection { collection: collection.clone() }).await? {
                OwnerAnswer::Done => print::line(&format!("{collection} is removed"))?,
                other => return Err(unexpected(&other)),
            }
        }
    }
    Ok(())
}

/// Writes a collection's rules on one line.
fn rules(collection: &CollectionEntry) -> String {
    let mut rules: Vec<String> = collection.query.iter().cloned().collect();
    rules.extend(collection.include.iter().map(|id| format!("includes {id}")));
    rules.extend(collection.exclude.iter().map(|id| format!("excludes {id}")));
    rules.extend(collection.limited_to.iter().map(|id| format!("within {id}")));
    rules.extend(collection.scopes.iter().map(|scope| format!("of the scope {scope}")));
    rules.join("; ")
}
