//! Takes devices off the site's list that the authority has removed: revoked, retired, deleted.

use std::sync::Arc;

use action::{Conclusion, DeviceId, Event, Reason};
use service::{clock, error::Chain, shutdown::Shutdown, wake::Topic};
use site_store::TargetUpdate;
use tokio::time::{Duration, sleep};

use crate::{authority::AuthorityError, point::Point};

/// How often the authority is asked: a removed device stays on the list at most so long.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Targets that are ended in one commit.
const PAGE: u32 = 1_000;

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
            if point.store.device(device).await?.is_none() {
                continue;
            }
            // First what waits for it: a pass that is cut in between finds the device again.
            if refuse_waiting(point, device).await? {
                point.wakes.wake(Topic::Events);
            }
            if point.store.remove_device(device, clock::now()).await? {
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

/// Ends what still waits for a device that is let in no more; returns whether there was anything.
async fn refuse_waiting(point: &Point, device: DeviceId) -> Result<bool, PassError> {
    let reason = Reason::DeviceRevoked;
    let hop = reason.hop();
    let event = Event::Concluded(Conclusion::Refused { reason });
    let mut any = false;
    loop {
        let waiting = point.store.waiting_for(&[device], PAGE).await?;
        if waiting.is_empty() {
            return Ok(any);
        }
        let at = clock::now();
        let update = |(device, task_guid)| TargetUpdate {
            task_guid,
            device,
            hop,
            at,
            event: event.clone(),
            push_id: None,
        };
        let updates: Vec<TargetUpdate> = waiting.into_iter().map(update).collect();
        if point.store.record(&updates, at).await?.moved == 0 {
            return Ok(any);
        }
        any = true;
    }
}
