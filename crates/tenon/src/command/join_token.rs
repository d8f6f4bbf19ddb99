//! `tenon join-token`: the tokens by which devices join a site.

use action::DeviceId;
use authority_link::{OwnerAnswer, OwnerCall};

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon join-token`.
#[derive(Debug, clap::Args)]
pub(crate) struct JoinToken {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make a token; it is printed once and kept nowhere
    Create {
        /// The management point, as the devices reach it, such as `https://site.example:8443`
        #[arg(long)]
        url: String,
        /// How many devices may use it
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// How many hours it is valid
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=8760))]
        hours: u64,
        /// A collection that its devices become direct members of
        #[arg(long)]
        collection: Option<String>,
        /// Have each device wait until it is approved: `tenon site device approve`
        #[arg(long)]
        approval: bool,
        /// For this device, which has lost its key: it comes back as the same one, and its old key is refused from then on
        #[arg(long, conflicts_with_all = ["uses", "collection", "approval"])]
        device: Option<DeviceId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the tokens that are still valid, without their secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End a token
    Revoke {
        /// The token's id
        id: String,
    },
}

/// Runs `tenon join-token`.
pub(crate) async fn run(join_token: JoinToken) -> anyhow::Result<()> {
    let site = join_token.site;
    match join_token.what {
        What::Create { url, uses, hours, collection, approval, device, json } => {
            let valid_seconds = hours * 3600;
            let asked = match device {
                Some(device) => OwnerCall::CreateDeviceToken { url, valid_seconds, device },
                None => OwnerCall::CreateJoinToken { url, uses, valid_seconds, collection, approval },
            };
            match site.ask(asked).await? {
                OwnerAnswer::JoinToken { id, token, expires } if json => {
                    print::json(&serde_json::json!({ "id": id, "token": token, "expires": expires }))?;
                }
                OwnerAnswer::JoinToken { token, .. } => print::line(&token)?,
                other => return Err(unexpected(&other)),
            }
        }
        What::List { json } => match site.ask(OwnerCall::ListJoinTokens).await? {
            OwnerAnswer::JoinTokens { tokens } if json => print::json(&tokens)?,
            OwnerAnswer::JoinTokens { tokens } => {
                let rows: Vec<_> = tokens
                    .into_iter()
                    .map(|t| {
                        vec![
                            t.id,
                            t.uses_left.to_string(),
                            t.expires.to_string(),
                            t.collection.unwrap_or_default(),
                            t.device.map_or_else(String::new, |device| device.to_string()),
                        ]
                    })
                    .collect();
                print::table(&["ID", "USES LEFT", "EXPIRES", "COLLECTION", "FOR DEVICE"], &rows)?;
            }
            other => return Err(unexpected(&other)),
        },
        What::Revoke { id } => match site.ask(OwnerCall::RevokeJoinToken { id: id.clone() }).await? {
            OwnerAnswer::Done => print::line(&format!("the join token {id} is revoked"))?,
            other => return Err(unexpected(&other)),
        },
    }
    Ok(())
}
