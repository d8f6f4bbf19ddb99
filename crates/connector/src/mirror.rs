//! Shows the console what it may know of the site's collections, policies and roles.

use std::time::Duration;

use service::{
    error::Chain,
    log::ComponentLog,
    wake::{Topic, Wakes},
};
use site_link::ToConsole;
use tokio::sync::mpsc;

use crate::authorize::Authority;

/// How long a pass waits for a signal. Counts of collections change without one.
const PASS_EVERY: Duration = Duration::from_secs(30);

/// Sends the mirror over one link, and again when it has changed, until the link is dropped.
pub(crate) async fn mirror(
    authority: Authority,
    wakes: Wakes,
    log: ComponentLog,
    say: mpsc::Sender<ToConsole>,
) {
    let mut rules = wakes.listen(Topic::Rules);
    let mut shown = None;
    let mut failed = false;
    loop {
        match authority.mirror().await {
            Ok(mirror) => {
                failed = false;
                if shown.as_ref() != Some(&mirror)
                    && let Ok(value) = serde_json::to_value(&mirror)
                {
                    if say.send(ToConsole::Mirror { mirror: value }).await.is_err() {
                        return;
                    }
                    shown = Some(mirror);
                }
            }
            Err(error) => {
                if !failed {
                    log.warn(format_args!("The console's view of the site's rules waits: {}", Chain(&error)));
                }
                failed = true;
            }
        }
        rules.wait(PASS_EVERY).await;
    }
}
