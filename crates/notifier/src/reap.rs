//! Ends what is overdue: no state lacks a deadline.

use std::time::Duration;

use service::{
    clock,
    error::Chain,
    log::ComponentLog,
    shutdown::Shutdown,
    wake::{Topic, Wakes},
};
use site_store::SiteStore;
use tokio::time::sleep;

/// How often deadlines are looked at, at the least: new ones come up while it waits.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The shortest wait, so that clocks that differ a little make no storm.
const SHORTEST: Duration = Duration::from_millis(50);

/// Ends what is overdue, until the shutdown begins.
pub(crate) async fn run(store: SiteStore, wakes: Wakes, log: ComponentLog, shutdown: Shutdown) {
    let mut failing = false;
    loop {
        let wait = match look(&store, &wakes, &log).await {
            Ok(wait) => {
                failing = false;
                wait
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    log.error(format_args!("Failed to end what is overdue: {}", Chain(&error)));
                }
                LOOK_EVERY
            }
        };
        tokio::select! {
            () = shutdown.begun() => return,
            () = sleep(wait) => {}
        }
    }
}

async fn look(store: &SiteStore, wakes: &Wakes, log: &ComponentLog) -> Result<Duration, database::DbError> {
    let ended = store.expire(clock::now()).await?;
    if ended > 0 {
        log.info(format_args!("Expired {ended} push tasks that were past their deadline."));
        wakes.wake(Topic::Events);
    }
    let next = store.next_deadline().await?;
    Ok(next.map_or(LOOK_EVERY, |next| next.since(clock::now()).clamp(SHORTEST, LOOK_EVERY)))
}
