//! `tenon application`: the applications of a site.

use std::path::PathBuf;

use anyhow::Context as _;
use authority_link::{ApplicationAnswer, ApplicationCall, ApplicationEntry, OwnerAnswer, OwnerCall};

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon application`.
#[derive(Debug, clap::Args)]
pub(crate) struct Application {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Store an application (JSON or YAML), or a new version of it
    Put {
        /// The application's name
        name: String,
        /// The document
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the applications
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show an application and its document
    Show {
        /// The application's name or id
        application: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove an application that has no deployment; what it installed stays
    Remove {
        /// The application's name or id
        application: String,
    },
}

/// Runs `tenon application`.
pub(crate) async fn run(application: Application) -> anyhow::Result<()> {
    let site = &application.site;
    match application.what {
        What::Put { name, file, json } => {
            let document = std::fs::read_to_string(&file)
                .with_context(|| format!("failed to read the application {}", file.display()))?;
            match ask(site, ApplicationCall::Put { name: name.clone(), document }).await? {
                ApplicationAnswer::Put { id, version, sha256 } if json => print::json(
                    &serde_json::json!({ "id": id, "name": name, "version": version, "sha256": sha256 }),
                )?,
                ApplicationAnswer::Put { id, version, sha256 } => {
                    print::line(&format!("{name} ({id}) is stored as version {version}, SHA-256 {sha256}"))?;
                }
                other => return Err(unexpected(&other)),
            }
        }
        What::List { json } => match ask(site, ApplicationCall::List).await? {
            ApplicationAnswer::Applications { applications } if json => print::json(&applications)?,
            ApplicationAnswer::Applications { applications } => {
                let rows: Vec<_> = applications.iter().map(row).collect();
                print::table(&["ID", "NAME", "SOFTWARE", "VERSION", "DEPLOYMENTS", "SHA-256"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Show { application, json } => match ask(site, ApplicationCall::Show { application }).await? {
            ApplicationAnswer::Application { entry, document } if json => {
                print::json(&serde_json::json!({ "application": entry, "document": document }))?;
            }
            ApplicationAnswer::Application { entry, document } => {
                print::table(
                    &["ID", "NAME", "SOFTWARE", "VERSION", "DEPLOYMENTS", "SHA-256"],
                    &[row(&entry)],
                )?;
                for line in document.lines() {
                    print::line(line)?;
                }
            }
            other => return Err(unexpected(&other)),
        },
        What::Remove { application } => {
            match ask(site, ApplicationCall::Remove { application: application.clone() }).await? {
                ApplicationAnswer::Done => print::line(&format!("{application} is removed"))?,
                other => return Err(unexpected(&other)),
            }
        }
    }
    Ok(())
}

/// Asks the site's authority about applications.
pub(crate) async fn ask(site: &SiteFolder, call: ApplicationCall) -> anyhow::Result<ApplicationAnswer> {
    match site.ask(OwnerCall::Applications { call: Box::new(call) }).await? {
        OwnerAnswer::Applications { said } => Ok(*said),
        other => Err(unexpected(&other)),
    }
}

fn row(entry: &ApplicationEntry) -> Vec<String> {
    let ApplicationEntry { id, name, version, sha256, software_version, deployments } = entry;
    vec![
        id.clone(),
        name.clone(),
        software_version.clone(),
        version.to_string(),
        deployments.to_string(),
        sha256.clone(),
    ]
}
