//! `tenon console-role`: who may do what at the console. Who may act at a site is `tenon role`, at the site's host.

use action::{SiteId, UserId};
use console_api::{Client, Holder, NewAssignment, NewConsoleRole};
use uuid::Uuid;

use crate::{
    exit::{self, Stop},
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon console-role`.
#[derive(Debug, clap::Args)]
pub(crate) struct ConsoleRole {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the permissions that a role can give
    Permissions,
    /// List the roles with their permissions
    List,
    /// Make a role, or change it
    Put {
        /// The role's name
        name: String,
        /// Such as `Managed devices / Read`; may be given more than once
        #[arg(long = "permission", required = true)]
        permissions: Vec<String>,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Remove a role; nobody holds it any more
    Delete {
        /// The role's name
        name: String,
    },
    /// Give a role to a person, or to a group of the tenant's provider
    Assign {
        /// The role's name
        role: String,
        /// The person's id
        #[arg(long, required_unless_present = "group", conflicts_with = "group")]
        user: Option<UserId>,
        /// The group, as the provider's tokens name it
        #[arg(long)]
        group: Option<String>,
        /// A site for which it is to hold, by id; all where it is left out; may be given more than once
        #[arg(long = "site-id")]
        sites: Vec<SiteId>,
        /// A device group for which it is to hold, by id; may be given more than once
        #[arg(long = "device-group")]
        device_groups: Vec<Uuid>,
    },
    /// Take a role away
    Unassign {
        /// The assignment's id
        id: Uuid,
    },
    /// List who holds which role where
    Assignments,
}

/// Runs `tenon console-role`.
pub(crate) async fn run(role: ConsoleRole) -> anyhow::Result<()> {
    let client = role.console.client()?;
    let json = role.console.json;
    match role.what {
        What::Permissions => {
            let permissions = client.permissions().await.map_err(refused)?;
            if json {
                return print::json(&permissions);
            }
            let place = |scoped: bool| if scoped { "sites and device groups" } else { "the whole tenant" };
            let rows: Vec<_> =
                permissions.into_iter().map(|p| vec![p.name, place(p.scoped).to_owned()]).collect();
            print::table(&["PERMISSION", "GIVEN FOR"], &rows)?;
        }
        What::List => {
            let roles = client.roles().await.map_err(refused)?;
            if json {
                return print::json(&roles);
            }
            for role in roles {
                let built_in = if role.built_in { " (built in)" } else { "" };
                print::line(&format!("{}{built_in}", print::clean(&role.name)))?;
                for permission in role.permissions {
                    print::line(&format!("  {}", print::clean(&permission)))?;
                }
            }
        }
        What::Put { name, permissions, description } => {
            let new = NewConsoleRole { name: name.clone(), description, permissions };
            let known = client.roles().await.map_err(refused)?;
            let stored = match known.iter().find(|role| role.name.to_lowercase() == name.to_lowercase()) {
                Some(role) => client.put_role(role.id, &new).await,
                None => client.create_role(&new).await,
            };
            let stored = stored.map_err(refused)?;
            if json {
                return print::json(&stored);
            }
            print::line(&format!("{} is stored", print::clean(&stored.name)))?;
        }
        What::Delete { name } => {
            client.delete_role(named(&client, &name).await?).await.map_err(refused)?;
            print::line(&format!("{} is gone", print::clean(&name)))?;
        }
        What::Assign { role, user, group, sites, device_groups } => {
            let holder = match (user, group) {
                (Some(user), _) => Holder::User { user },
                (None, group) => Holder::Group { group: group.unwrap_or_default() },
            };
            let role = named(&client, &role).await?;
            let new = NewAssignment { role, holder, sites, device_groups };
            let made = client.assign(&new).await.map_err(refused)?;
            if json {
                return print::json(&made);
            }
            let (holder, role) = (print::clean(&made.holder_name), print::clean(&made.role_name));
            print::line(&format!("{holder} holds {role} ({})", made.id))?;
        }
        What::Unassign { id } => {
            client.unassign(id).await.map_err(refused)?;
            print::line(&format!("the assignment {id} is taken away"))?;
        }
        What::Assignments => {
            let assignments = client.assignments().await.map_err(refused)?;
            if json {
                return print::json(&assignments);
            }
            let rows: Vec<_> = assignments
                .into_iter()
                .map(|a| {
                    let kind = match a.holder {
                        Holder::User { .. } => "person",
                        Holder::Group { .. } => "group",
                    };
                    let sites: Vec<String> = a.sites.iter().map(ToString::to_string).collect();
                    let groups: Vec<String> = a.device_groups.iter().map(ToString::to_string).collect();
                    let all = |names: Vec<String>| {
                        if names.is_empty() { "all".to_owned() } else { names.join(", ") }
                    };
                    vec![
                        a.id.to_string(),
                        a.role_name,
                        kind.to_owned(),
                        a.holder_name,
                        all(sites),
                        all(groups),
                    ]
                })
                .collect();
            print::table(&["ID", "ROLE", "", "HOLDER", "SITES", "DEVICE GROUPS"], &rows)?;
        }
    }
    Ok(())
}

async fn named(client: &Client, name: &str) -> anyhow::Result<Uuid> {
    let roles = client.roles().await.map_err(refused)?;
    let found = roles.iter().find(|role| role.name.to_lowercase() == name.to_lowercase());
    found.map(|role| role.id).ok_or_else(|| {
        let told = format!("there is no role `{}` at the console", print::clean(name));
        Stop::error(
            exit::FAILED,
            told,
            "`tenon console-role list` lists them; roles of a site are `tenon role`",
        )
    })
}
