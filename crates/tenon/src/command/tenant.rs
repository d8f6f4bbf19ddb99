//! `tenon tenant`: the customers of a console.

use console_api::{NewTenant, NewUser, Role};

use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon tenant`.
#[derive(Debug, clap::Args)]
pub(crate) struct Tenant {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a tenant with its first administrator
    Create {
        /// The tenant's name
        name: String,
        /// The administrator's sign-in name
        #[arg(long)]
        administrator: String,
    },
    /// List the tenants
    List,
}

/// Runs `tenon tenant`.
pub(crate) async fn run(tenant: Tenant) -> anyhow::Result<()> {
    let client = tenant.console.client()?;
    match tenant.what {
        What::Create { name, administrator } => {
            let password = new_password();
            let administrator = NewUser {
                name: administrator,
                display_name: None,
                role: Role::Administrator,
                password: Some(password.clone()),
            };
            let new = NewTenant { name, administrator };
            let made = client.create_tenant(&new).await.map_err(refused)?;
            if tenant.console.json {
                return print::json(&serde_json::json!({ "tenant": made, "password": password }));
            }
            print::line(&format!("{} is the tenant {}", print::clean(&made.name), made.id))?;
            print::line(&format!("{}'s password: {password}", print::clean(&new.administrator.name)))?;
        }
        What::List => {
            let tenants = client.tenants().await.map_err(refused)?;
            if tenant.console.json {
                return print::json(&tenants);
            }
            let rows: Vec<_> =
                tenants.into_iter().map(|t| vec![t.id.to_string(), t.name, t.created.to_string()]).collect();
            print::table(&["ID", "NAME", "SINCE"], &rows)?;
        }
    }
    Ok(())
}

/// Makes a password of 128 random bits.
pub(crate) fn new_password() -> String {
    service::dice::uuid().simple().to_string()
}
