//! Has the site keep the hashes of the console's audit, a page at a time: what is known is compared again and again, and
//! what is new is added.

use std::time::Duration;

use action::TenantId;
use proof::{audit::Head, witness::Page};
use service::{error::Chain, log::ComponentLog};
use site_link::{ToConsole, audit_head, keys::PublicLinkKey};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use crate::authorize::{Authority, Undecided};

/// How often the console is asked.
const EVERY: Duration = Duration::from_secs(60);

/// Pages that wait for the authority: as many as are asked for at once.
pub(crate) const WAITING: usize = 2;

/// Whose audit it is, and the key that signs its heads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose {
    pub(crate) tenant: TenantId,
    pub(crate) key: PublicLinkKey,
}

/// Asks over one link until it is dropped.
pub(crate) async fn witness(
    authority: Authority,
    log: ComponentLog,
    whose: Whose,
    say: mpsc::Sender<ToConsole>,
    mut pages: mpsc::Receiver<Box<Page>>,
) {
    let mut failed = false;
    loop {
        let until = Instant::now() + EVERY;
        match round(&authority, &log, whose, &say, &mut pages, until).await {
            Ok(true) => failed = false,
            Ok(false) => return,
            Err(error) => {
                if !failed {
                    log.warn(format_args!("The console's audit is not compared now: {}", Chain(&error)));
                }
                failed = true;
                tokio::time::sleep_until(until).await;
            }
        }
    }
}

/// Asks for what is wanted and hands over what comes until the next round; returns whether the link still stands.
async fn round(
    authority: &Authority,
    log: &ComponentLog,
    whose: Whose,
    say: &mpsc::Sender<ToConsole>,
    pages: &mut mpsc::Receiver<Box<Page>>,
    until: Instant,
) -> Result<bool, Undecided> {
    for after in authority.witness(whose.tenant, None).await? {
        if say.send(ToConsole::AuditWanted { after }).await.is_err() {
            return Ok(false);
        }
    }
    while let Ok(page) = timeout_at(until, pages.recv()).await {
        let Some(page) = page else { return Ok(false) };
        let head = Head { number: page.last, hash: page.head };
        if audit_head::verifies(whose.key, whose.tenant, head, &page.signed) {
            authority.witness(whose.tenant, Some(page)).await?;
        } else {
            log.warn(format_args!(
                "A head of the console's audit was left out: the console has not signed it."
            ));
        }
    }
    Ok(true)
}
