//! `tenon role`: who may act at a site.

use action::UserId;
use authority_link::{OwnerAnswer, OwnerCall};

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon role`.
#[derive(Debug, clap::Args)]
pub(crate) struct Role {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the security roles with their permissions
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a security role, or change it
    Put {
        /// The role's name
        name: String,
        /// Such as `Collection / Notify Resource`; may be given more than once
        #[arg(long = "permission", required = true)]
        permissions: Vec<String>,
    },
    /// Give a person a role on collections
    Assign {
        /// The role's name
        role: String,
        /// The person's id, as `tenon user list` shows it
        #[arg(long)]
        user: UserId,
        /// The person's name, for people to read
        #[arg(long)]
        name: String,
        /// A collection, by id or name; may be given more than once
        #[arg(long = "collection", default_value = "SMS00001")]
        collections: Vec<String>,
        /// Limit it to a security scope: it counts on those of the collections, and of those within them, that carry it; may be
        /// given more than once
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    /// Take a role away from a person
    Unassign {
        /// The role's name
        role: String,
        /// The person's id
        #[arg(long)]
        user: UserId,
    },
    /// Make a person known to the site, or change their name; they may do nothing until they hold a role
    Know {
        /// The person's id, as `tenon user list` shows it
        user: UserId,
        /// The person's name, for people to read
        #[arg(long)]
        name: String,
    },
    /// Forget a person and take away what they hold
    Forget {
        /// The person's id
        user: UserId,
    },
    /// List the people whom the site knows
    People {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List who holds which role on which collections
    Assignments {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs `tenon role`.
pub(crate) async fn run(role: Role) -> anyhow::Result<()> {
    let site = role.site;
    match role.what {
        What::List { json } => match site.ask(OwnerCall::ListRoles).await? {
            OwnerAnswer::Roles { roles } if json => print::json(&roles)?,
            OwnerAnswer::Roles { roles } => {
                let rows: Vec<_> =
                    roles.into_iter().map(|(name, permissions)| vec![name, permissions.join(", ")]).collect();
                print::table(&["ROLE", "PERMISSIONS"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Put { name, permissions } => {
            done(
                site.ask(OwnerCall::PutRole { name: name.clone(), permissions }).await?,
                &format!("{name} is stored"),
            )?;
        }
        What::Assign { role, user, name, collections, scopes } => {
            let mut told = format!("{name} holds {role} on {}", collections.join(", "));
            if !scopes.is_empty() {
                told = format!("{told}, limited to the scopes {}", scopes.join(", "));
            }
            done(site.ask(OwnerCall::Assign { user, name, role, collections, scopes }).await?, &told)?;
        }
        What::Unassign { role, user } => {
            let told = format!("{user} no longer holds {role}");
            done(site.ask(OwnerCall::Unassign { user, role }).await?, &told)?;
        }
        What::Know { user, name } => {
            let told = format!("the site knows {name}");
            done(site.ask(OwnerCall::KnowPerson { user, name }).await?, &told)?;
        }
        What::Forget { user } => {
            let told = format!("the site has forgotten {user}");
            done(site.ask(OwnerCall::ForgetPerson { user }).await?, &told)?;
        }
        What::People { json } => match site.ask(OwnerCall::ListPeople).await? {
            OwnerAnswer::People { people } if json => print::json(&people)?,
            OwnerAnswer::People { people } => {
                let rows: Vec<_> = people
                    .into_iter()
                    .map(|p| vec![p.name, p.user.to_string(), p.discovered.unwrap_or_default()])
                    .collect();
                print::table(&["NAME", "USER", "DISCOVERED BY"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Assignments { json } => match site.ask(OwnerCall::ListAssignments).await? {
            OwnerAnswer::Assignments { assignments } if json => print::json(&assignments)?,
            OwnerAnswer::Assignments { assignments } => {
                let rows: Vec<_> = assignments
                    .into_iter()
                    .map(|a| {
                        let (collections, scopes) = (a.collections.join(", "), a.scopes.join(", "));
                        vec![a.name, a.user.to_string(), a.role, collections, scopes]
                    })
                    .collect();
                print::table(&["NAME", "USER", "ROLE", "COLLECTIONS", "SCOPES"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
    }
    Ok(())
}

fn done(answer: OwnerAnswer, told: &str) -> anyhow::Result<()> {
    match answer {
        OwnerAnswer::Done => Ok(print::line(&print::clean(told))?),
        other => Err(unexpected(&other)),
    }
}
