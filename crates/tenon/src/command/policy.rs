//! `tenon policy`: the policies of a site.

use std::path::PathBuf;

use anyhow::Context as _;
use authority_link::{OwnerAnswer, OwnerCall};

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon policy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Policy {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Store a policy (a DSC document, JSON or YAML), or a new version of it
    Put {
        /// The policy's name
        name: String,
        /// The document
        file: PathBuf,
        /// A collection that it is assigned to, by id or name; may be given more than once
        #[arg(long = "collection", required = true)]
        collections: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the policies
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a policy; what it brought about on the devices stays
    Remove {
        /// The policy's name
        name: String,
    },
}

/// Runs `tenon policy`.
pub(crate) async fn run(policy: Policy) -> anyhow::Result<()> {
    match policy.what {
        What::Put { name, file, collections, json } => {
            let document = std::fs::read_to_string(&file)
                .with_context(|| format!("failed to read the policy document {}", file.display()))?;
            let asked = OwnerCall::PutPolicy { name: name.clone(), document, collections };
            match policy.site.ask(asked).await? {
                OwnerAnswer::Policy { id, version, sha256 } if json => {
                    print::json(
                        &serde_json::json!({ "id": id, "name": name, "version": version, "sha256": sha256 }),
                    )?;
                }
                OwnerAnswer::Policy { id, version, sha256 } => {
                    print::line(&format!("{name} ({id}) is stored as version {version}, SHA-256 {sha256}"))?;
                }
                other => return Err(unexpected(&other)),
            }
        }
        What::List { json } => match policy.site.ask(OwnerCall::ListPolicies).await? {
            OwnerAnswer::Policies { policies } if json => print::json(&policies)?,
            OwnerAnswer::Policies { policies } => {
                let rows: Vec<_> = policies
                    .into_iter()
                    .map(|p| vec![p.id, p.name, p.version.to_string(), p.collections.join(", "), p.sha256])
                    .collect();
                print::table(&["ID", "NAME", "VERSION", "COLLECTIONS", "SHA-256"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Remove { name } => match policy.site.ask(OwnerCall::RemovePolicy { name: name.clone() }).await?
        {
            OwnerAnswer::Done => print::line(&format!("{name} is removed"))?,
            other => return Err(unexpected(&other)),
        },
    }
    Ok(())
}
