//! `tenon policy`: the policies of a site.

mod diff;

use std::path::PathBuf;

use anyhow::Context as _;
use authority_link::{OwnerAnswer, OwnerCall, PolicyConflict, PolicyVersion};

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
        /// A collection whose devices have it, by id or name; may be given more than once
        #[arg(long = "collection", required = true)]
        collections: Vec<String>,
        /// Apply it as this user of the devices, `*` for everyone who is logged on; may be given more than once
        #[arg(long = "user")]
        users: Vec<String>,
        /// Of policies that describe one thing differently, the highest stands; 100 at first
        #[arg(long)]
        priority: Option<u32>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a policy other collections, users or another priority
    Assign {
        /// The policy's name
        name: String,
        /// A collection whose devices have it; in place of those that it had
        #[arg(long = "collection")]
        collections: Vec<String>,
        /// A user that it is applied as; in place of those that it had
        #[arg(long = "user", conflicts_with = "machine")]
        users: Vec<String>,
        /// Make it machine policy: applied as the device itself
        #[arg(long)]
        machine: bool,
        /// The priority
        #[arg(long)]
        priority: Option<u32>,
    },
    /// List the policies
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the document of a policy
    Show {
        /// The policy's name
        name: String,
        /// A version of it; the one in force where it is left out
        #[arg(long)]
        version: Option<u64>,
        /// Print JSON, with what the policy is assigned to
        #[arg(long)]
        json: bool,
    },
    /// List the versions of a policy
    History {
        /// The policy's name
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what changed between two versions of a policy
    Diff {
        /// The policy's name
        name: String,
        /// The older version
        from: u64,
        /// The newer version; the one in force where it is left out
        to: Option<u64>,
    },
    /// Make a new version that is like an old one: document, collections, users and priority
    Rollback {
        /// The policy's name
        name: String,
        /// The version that it is to be like
        version: u64,
    },
    /// List what policies of the same devices describe differently
    Conflicts {
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
    let Policy { site, what } = policy;
    match what {
        What::Put { name, file, collections, users, priority, json } => {
            let document = std::fs::read_to_string(&file)
                .with_context(|| format!("failed to read the policy document {}", file.display()))?;
            let asked = OwnerCall::PutPolicy { name: name.clone(), document, collections, users, priority };
            stored(&name, site.ask(asked).await?, json)?;
        }
        What::Assign { name, collections, users, machine, priority } => {
            let asked = OwnerCall::AssignPolicy {
                name: name.clone(),
                collections: Some(collections).filter(|collections| !collections.is_empty()),
                users: Some(users).filter(|users| machine || !users.is_empty()),
                priority,
            };
            stored(&name, site.ask(asked).await?, false)?;
        }
        What::List { json } => match site.ask(OwnerCall::ListPolicies).await? {
            OwnerAnswer::Policies { policies } if json => print::json(&policies)?,
            OwnerAnswer::Policies { policies } => {
                let row = |p: authority_link::PolicyEntry| {
                    let version = p.version.to_string();
                    vec![
                        p.id,
                        p.name,
                        version,
                        p.collections.join(", "),
                        whom(&p.users),
                        p.priority.to_string(),
                    ]
                };
                let rows: Vec<_> = policies.into_iter().map(row).collect();
                print::table(&["ID", "NAME", "VERSION", "COLLECTIONS", "AS", "PRIORITY"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Show { name, version, json } => {
            let (policy, document) = shown(&site, &name, version).await?;
            if json {
                print::json(&serde_json::json!({ "policy": policy, "document": document }))?;
            } else {
                document.lines().try_for_each(|line| print::line(&print::clean(line)))?;
            }
        }
        What::History { name, json } => match site.ask(OwnerCall::PolicyHistory { name }).await? {
            OwnerAnswer::PolicyVersions { versions } if json => print::json(&versions)?,
            OwnerAnswer::PolicyVersions { versions } => {
                let row = |PolicyVersion { entry, at, what }: PolicyVersion| {
                    let (version, priority) = (entry.version.to_string(), entry.priority.to_string());
                    let sha256 = entry.sha256.chars().take(12).collect();
                    let collections = entry.collections.join(", ");
                    vec![version, at.to_string(), what, collections, whom(&entry.users), priority, sha256]
                };
                let rows: Vec<_> = versions.into_iter().map(row).collect();
                let headings = ["VERSION", "AT", "WHAT", "COLLECTIONS", "AS", "PRIORITY", "SHA-256"];
                print::table(&headings, &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Diff { name, from, to } => {
            let (_, old) = shown(&site, &name, Some(from)).await?;
            let (_, new) = shown(&site, &name, to).await?;
            diff::lines(&old, &new).iter().try_for_each(|line| print::line(&print::clean(line)))?;
        }
        What::Rollback { name, version } => {
            let asked = OwnerCall::RollBackPolicy { name: name.clone(), version };
            stored(&name, site.ask(asked).await?, false)?;
        }
        What::Conflicts { json } => match site.ask(OwnerCall::PolicyConflicts).await? {
            OwnerAnswer::PolicyConflicts { conflicts } if json => print::json(&conflicts)?,
            OwnerAnswer::PolicyConflicts { conflicts } if conflicts.is_empty() => {
                print::line("no policies of one device describe anything differently")?;
            }
            OwnerAnswer::PolicyConflicts { conflicts } => {
                let row = |PolicyConflict { target, policies, stands }: PolicyConflict| {
                    let name = |(name, priority, resource): (String, u32, String)| {
                        format!("{name}/{resource} ({priority})")
                    };
                    let policies: Vec<_> = policies.into_iter().map(name).collect();
                    let stands = stands.unwrap_or_else(|| "none: give one a higher priority".to_owned());
                    vec![target, policies.join(", "), stands]
                };
                let rows: Vec<_> = conflicts.into_iter().map(row).collect();
                print::table(&["WHAT", "POLICIES (PRIORITY)", "STANDS"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Remove { name } => match site.ask(OwnerCall::RemovePolicy { name: name.clone() }).await? {
            OwnerAnswer::Done => print::line(&format!("{name} is removed"))?,
            other => return Err(unexpected(&other)),
        },
    }
    Ok(())
}

fn stored(name: &str, answer: OwnerAnswer, json: bool) -> anyhow::Result<()> {
    let OwnerAnswer::Policy { id, version, sha256, warnings } = answer else {
        return Err(unexpected(&answer));
    };
    if json {
        return print::json(&serde_json::json!({
            "id": id, "name": name, "version": version, "sha256": sha256, "warnings": warnings,
        }));
    }
    for warning in warnings {
        print::line(&format!("warning: {}", print::clean(&warning)))?;
    }
    print::line(&format!("{name} ({id}) is stored as version {version}, SHA-256 {sha256}"))?;
    Ok(())
}

async fn shown(
    site: &SiteFolder,
    name: &str,
    version: Option<u64>,
) -> anyhow::Result<(PolicyVersion, String)> {
    match site.ask(OwnerCall::ShowPolicy { name: name.to_owned(), version }).await? {
        OwnerAnswer::PolicyDocument { policy, document } => Ok((policy, document)),
        other => Err(unexpected(&other)),
    }
}

fn whom(users: &[String]) -> String {
    if users.is_empty() { "the device".to_owned() } else { users.join(", ") }
}
