//! `tenon user`: the people of a tenant.

use action::UserId;
use console_api::{NewUser, ResetPassword, Role, UserChange};

use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon user`.
#[derive(Debug, clap::Args)]
pub(crate) struct User {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the people of the tenant
    List,
    /// Make an account; the password is printed once
    Create {
        /// The sign-in name
        name: String,
        /// `Administrator`, `Help Desk Operator`, `Read Only Operator`, or `None` for somebody who gets `tenon console-role`s
        #[arg(long, default_value = "Help Desk Operator")]
        role: Role,
        /// The name as others see it
        #[arg(long)]
        display_name: Option<String>,
    },
    /// Shut a person out
    Disable {
        /// The person's id
        user: UserId,
    },
    /// Let a person in again
    Enable {
        /// The person's id
        user: UserId,
    },
    /// Give a person a new password, which is printed once
    ResetPassword {
        /// The person's id
        user: UserId,
    },
}

/// Runs `tenon user`.
pub(crate) async fn run(user: User) -> anyhow::Result<()> {
    let client = user.console.client()?;
    let json = user.console.json;
    match user.what {
        What::List => {
            let users = client.users().await.map_err(refused)?;
            if json {
                return print::json(&users);
            }
            let rows: Vec<_> = users
                .into_iter()
                .map(|u| {
                    let shut_out = if u.disabled { "disabled" } else { "" };
                    vec![
                        u.id.to_string(),
                        u.name,
                        u.display_name,
                        u.role.name().to_owned(),
                        shut_out.to_owned(),
                    ]
                })
                .collect();
            print::table(&["ID", "NAME", "SHOWN AS", "ROLE", ""], &rows)?;
        }
        What::Create { name, role, display_name } => {
            let new = NewUser { name, display_name, role, password: None };
            let created = client.create_user(&new).await.map_err(refused)?;
            if json {
                return print::json(&created);
            }
            print::line(&format!("{} has the id {}", print::clean(&created.user.name), created.user.id))?;
            if let Some(password) = created.password {
                print::line(&format!("password: {password}"))?;
            }
        }
        What::Disable { user } => {
            let change = UserChange { disabled: Some(true), ..UserChange::default() };
            client.change_user(user, &change).await.map_err(refused)?;
            print::line(&format!("{user} is shut out; sessions and tokens have ended"))?;
        }
        What::Enable { user } => {
            let change = UserChange { disabled: Some(false), ..UserChange::default() };
            client.change_user(user, &change).await.map_err(refused)?;
            print::line(&format!("{user} may sign in again"))?;
        }
        What::ResetPassword { user } => {
            let reset = client.reset_password(user, &ResetPassword::default()).await.map_err(refused)?;
            if json {
                return print::json(&reset);
            }
            print::line(&format!("password: {}", reset.password.unwrap_or_default()))?;
        }
    }
    Ok(())
}
