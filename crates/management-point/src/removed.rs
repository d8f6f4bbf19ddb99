//! Takes devices off the site's list that the authority has removed: revoked, retired, deleted.

use std::sync::Arc;

use service::{clock, error::Chain, shutdown::Shutdown, wake::Topic};
use tokio::time::{Duration, sleep};

use crate::{authority::AuthorityError, point::Point};

/// How often the authority is asked: a removed device stays on the list at most so long.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
enum PassError {
    #[error("failed to remove a device from the site's list")]
    Store(#[from] database::DbError),
    #[error("failed to ask for removed devices")]
    Authority(#[from] AuthorityError),
}

/// Removes devices until the shutdown begins. It begins anew at each start: what is gone already is left alone.
pub(crate) async fn remove(point: Arc<Point>, shutdown: Shutdown) {
    let mut since = 0;
    let mut fails = false;
    loop {
        let outcome = pass(&point, &mut since).await;
        // Said once, not at each pass.
        if let (Err(error), false) = (&outcome, fails) {
            point.log.warn(format_args!("Failed to look for removed clients: {}", Chain(error)));
        }
        fails = outcome.is_err();
        tokio::select! {
            () = shutdown.begun() => return,
            () = sleep(LOOK_EVERY) => {}
        }
    }
}

async fn pass(point: &Point, since: &mut u64) -> Result<(), PassError> {
    loop {
        let (generation, devices) = point.authority.removed(*since).await?;
        let full = devices.len() >= authority_link::PAGE;
        for device in devices {
            if point.store.device(device).await?.is_some()
                && point.store.remove_device(device, clock::now()).await?
            {
                point.log.info(format_args!("Removed client {device}: the site has revoked or removed it."));
                point.wakes.wake(Topic::Devices);
            }
        }
        *since = generation;
        if !full {
            return Ok(());
        }
    }
}
