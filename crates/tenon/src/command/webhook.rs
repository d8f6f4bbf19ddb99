//! `tenon webhook`: what a console tells other systems.

use console_api::NewWebhook;
use uuid::Uuid;

use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon webhook`.
#[derive(Debug, clap::Args)]
pub(crate) struct Webhook {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the webhooks, with what waits and what was given up
    List,
    /// Make a webhook; the secret of its signatures is printed once
    Create {
        /// Where events are sent, such as `https://hooks.example/tenon`
        url: String,
        /// Only events of this type, such as `tenon.action.ended`; may be given more than once
        #[arg(long = "type")]
        types: Vec<String>,
    },
    /// End a webhook
    Remove {
        /// The webhook's id
        id: Uuid,
    },
    /// List the events that a webhook could not deliver
    Dead {
        /// The webhook's id
        id: Uuid,
    },
    /// Send the events again that a webhook could not deliver
    Replay {
        /// The webhook's id
        id: Uuid,
    },
}

/// Runs `tenon webhook`.
pub(crate) async fn run(webhook: Webhook) -> anyhow::Result<()> {
    let client = webhook.console.client()?;
    let json = webhook.console.json;
    match webhook.what {
        What::List => {
            let webhooks = client.webhooks().await.map_err(refused)?;
            if json {
                return print::json(&webhooks);
            }
            let rows: Vec<_> = webhooks
                .into_iter()
                .map(|w| {
                    vec![
                        w.id.to_string(),
                        w.url,
                        w.types.join(" "),
                        w.waiting.to_string(),
                        w.dead.to_string(),
                    ]
                })
                .collect();
            print::table(&["ID", "URL", "TYPES", "WAITING", "DEAD"], &rows)?;
        }
        What::Create { url, types } => {
            let created = client.create_webhook(&NewWebhook { url, types }).await.map_err(refused)?;
            if json {
                return print::json(&created);
            }
            print::line(&format!("webhook {}", created.webhook.id))?;
            print::line(&format!("secret  {}", created.secret))?;
        }
        What::Remove { id } => {
            client.remove_webhook(id).await.map_err(refused)?;
            print::line(&format!("the webhook {id} has ended"))?;
        }
        What::Dead { id } => {
            let letters = client.dead_letters(id).await.map_err(refused)?;
            if json {
                return print::json(&letters);
            }
            let rows: Vec<_> = letters
                .into_iter()
                .map(|l| vec![l.number.to_string(), l.at.to_string(), l.attempts.to_string(), l.error])
                .collect();
            print::table(&["NUMBER", "LAST ATTEMPT", "ATTEMPTS", "ERROR"], &rows)?;
        }
        What::Replay { id } => {
            let replayed = client.replay(id).await.map_err(refused)?;
            if json {
                return print::json(&replayed);
            }
            print::line(&format!("{} events are sent again", replayed.events))?;
        }
    }
    Ok(())
}
