//! `tenon collection`: the collections of a site.

use action::DeviceId;
use authority_link::{OwnerAnswer, OwnerCall};

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
        What::Put { name, query, members } => {
            match site.ask(OwnerCall::PutCollection { name: name.clone(), query, members }).await? {
                OwnerAnswer::Collection { id } => print::line(&format!("{name} is stored as {id}"))?,
                other => return Err(unexpected(&other)),
            }
        }
        What::List { json } => match site.ask(OwnerCall::ListCollections).await? {
            OwnerAnswer::Collections { collections } if json => print::json(&collections)?,
            OwnerAnswer::Collections { collections } => {
                let rows: Vec<_> = collections
                    .into_iter()
                    .map(|c| vec![c.id, c.name, c.count.to_string(), c.query.unwrap_or_default()])
                    .collect();
                print::table(&["ID", "NAME", "DEVICES", "QUERY"], &rows)?;
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
        What::Remove { collection } => {
            match site.ask(OwnerCall::RemoveCollection { collection: collection.clone() }).await? {
                OwnerAnswer::Done => print::line(&format!("{collection} is removed"))?,
                other => return Err(unexpected(&other)),
            }
        }
    }
    Ok(())
}
