//! `tenon deployment`: which collections of a site have which applications.

use action::Timestamp;
use authority_link::{ApplicationAnswer, ApplicationCall, DeploymentEntry, DeploymentIntent};

use crate::{
    command::application::ask,
    exit::{self, Stop},
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon deployment`.
#[derive(Debug, clap::Args)]
pub(crate) struct Deployment {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Give an application to a collection, or change how it is given
    Put {
        /// The application's name or id
        application: String,
        /// The collection's id or name
        #[arg(long)]
        collection: String,
        /// What is to become of the application
        #[arg(long, value_enum)]
        intent: Intent,
        /// When it must have become so, such as `2030-01-31T20:00:00Z`; at once where it is left out
        #[arg(long)]
        deadline: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the deployments
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a deployment
    Show {
        /// The deployment's id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a deployment back; what it brought about on the devices stays
    Remove {
        /// The deployment's id
        id: String,
    },
}

/// What is to become of an application.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Intent {
    /// It may be installed when somebody asks for it
    Available,
    /// It must be installed
    Required,
    /// It must not be there
    Removed,
}

/// Runs `tenon deployment`.
pub(crate) async fn run(deployment: Deployment) -> anyhow::Result<()> {
    let site = &deployment.site;
    match deployment.what {
        What::Put { application, collection, intent, deadline, json } => {
            let intent = match intent {
                Intent::Available => DeploymentIntent::Available,
                Intent::Required => DeploymentIntent::Required,
                Intent::Removed => DeploymentIntent::Removed,
            };
            let deadline = deadline.as_deref().map(moment).transpose()?;
            let name = application.clone();
            match ask(site, ApplicationCall::Deploy { application, collection, intent, deadline }).await? {
                ApplicationAnswer::Deployed { id } if json => print::json(&serde_json::json!({ "id": id }))?,
                ApplicationAnswer::Deployed { id } => print::line(&format!("{name} is deployed as {id}"))?,
                other => return Err(unexpected(&other)),
            }
        }
        What::List { json } => {
            let deployments = all(site).await?;
            if json {
                print::json(&deployments)?;
            } else {
                table(&deployments)?;
            }
        }
        What::Show { id, json } => {
            let found = all(site).await?.into_iter().find(|one| one.id == id).ok_or_else(|| {
                let what = format!("the site has no deployment `{id}`");
                Stop::error(exit::FAILED, what, "look it up: `tenon deployment list`")
            })?;
            if json {
                print::json(&found)?;
            } else {
                table(&[found])?;
            }
        }
        What::Remove { id } => match ask(site, ApplicationCall::RemoveDeployment { id: id.clone() }).await? {
            ApplicationAnswer::Done => print::line(&format!("{id} is taken back"))?,
            other => return Err(unexpected(&other)),
        },
    }
    Ok(())
}

async fn all(site: &SiteFolder) -> anyhow::Result<Vec<DeploymentEntry>> {
    match ask(site, ApplicationCall::ListDeployments).await? {
        ApplicationAnswer::Deployments { deployments } => Ok(deployments),
        other => Err(unexpected(&other)),
    }
}

fn table(deployments: &[DeploymentEntry]) -> anyhow::Result<()> {
    let rows: Vec<_> = deployments
        .iter()
        .map(|one| {
            let deadline = one.deadline.map_or_else(|| "at once".to_owned(), |at| at.to_string());
            let intent = one.intent.name().to_owned();
            vec![one.id.clone(), one.application.clone(), one.collection.clone(), intent, deadline]
        })
        .collect();
    print::table(&["ID", "APPLICATION", "COLLECTION", "INTENT", "DEADLINE"], &rows)?;
    Ok(())
}

fn moment(text: &str) -> anyhow::Result<Timestamp> {
    text.parse().map_err(|_| {
        let what = format!("`{text}` is no moment");
        Stop::error(exit::USAGE, what, "write it in UTC, such as 2030-01-31T20:00:00Z")
    })
}
