//! `tenon token`: API tokens, for scripts that act in a person's name.

use action::SiteId;
use console_api::NewApiToken;
use uuid::Uuid;

use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon token`.
#[derive(Debug, clap::Args)]
pub(crate) struct Token {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a token; its secret is printed once
    Create {
        /// What it is for
        name: String,
        /// How many days it is valid
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=365))]
        days: u64,
        /// What it may do, such as `Managed devices / Read`; whatever you may where it is left out; may be given more than
        /// once
        #[arg(long = "permission")]
        permissions: Vec<String>,
        /// A site for which it is good, by id; may be given more than once
        #[arg(long = "site-id")]
        sites: Vec<SiteId>,
        /// A device group for which it is good, by id; may be given more than once
        #[arg(long = "device-group")]
        device_groups: Vec<Uuid>,
    },
    /// List your tokens
    List,
    /// End a token
    Revoke {
        /// The token's id
        id: Uuid,
    },
}

/// Runs `tenon token`.
pub(crate) async fn run(token: Token) -> anyhow::Result<()> {
    let client = token.console.client()?;
    let json = token.console.json;
    match token.what {
        What::Create { name, days, permissions, sites, device_groups } => {
            let expires = service::clock::now().plus(std::time::Duration::from_hours(24 * days));
            let permissions = (!permissions.is_empty()).then_some(permissions);
            let new = NewApiToken { name, expires: Some(expires), permissions, sites, device_groups };
            let created = client.create_token(&new).await.map_err(refused)?;
            if json {
                return print::json(&created);
            }
            print::line(&created.secret)?;
        }
        What::List => {
            let tokens = client.tokens().await.map_err(refused)?;
            if json {
                return print::json(&tokens);
            }
            let rows: Vec<_> = tokens
                .into_iter()
                .map(|t| {
                    let used = t.last_used.map_or_else(|| "never".to_owned(), |at| at.to_string());
                    let may =
                        t.permissions.map_or_else(|| "whatever you may".to_owned(), |may| may.join(", "));
                    vec![t.id.to_string(), t.name, t.expires.to_string(), used, may]
                })
                .collect();
            print::table(&["ID", "NAME", "EXPIRES", "LAST USED", "MAY"], &rows)?;
        }
        What::Revoke { id } => {
            client.revoke_token(id).await.map_err(refused)?;
            print::line(&format!("the token {id} has ended"))?;
        }
    }
    Ok(())
}
