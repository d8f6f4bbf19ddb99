//! Shows the console the site's newest nonce, which people sign with their requests.

use std::time::Duration;

use service::{error::Chain, log::ComponentLog};
use site_link::ToConsole;
use tokio::sync::mpsc;

use crate::authorize::Authority;

/// How often a nonce is asked for: the authority makes one a minute, and counts the time of the link by them.
const EVERY: Duration = Duration::from_secs(60);

/// How soon the authority is asked again that did not answer: nobody can ask for anything without a nonce.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Sends each new nonce over one link, until the link is dropped.
pub(crate) async fn nonces(authority: Authority, log: ComponentLog, say: mpsc::Sender<ToConsole>) {
    let mut shown = None;
    let mut failed = false;
    loop {
        let pause = match authority.site_nonce().await {
            Ok(nonce) => {
                failed = false;
                if shown.as_ref() != Some(&nonce) {
                    if say.send(ToConsole::Nonce { nonce: nonce.clone() }).await.is_err() {
                        return;
                    }
                    shown = Some(nonce);
                }
                EVERY
            }
            Err(error) => {
                if !failed {
                    log.warn(format_args!("The site's nonce waits: {}", Chain(&error)));
                }
                failed = true;
                AGAIN_AFTER
            }
        };
        tokio::time::sleep(pause).await;
    }
}
