//! One live link for each site: a newer one takes the place of an older one, which ends first.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use action::SiteId;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;

/// Who is linked. A clone speaks of the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Seats(Arc<Mutex<BTreeMap<SiteId, Place>>>);

#[derive(Debug, Default)]
struct Place {
    /// Tells the link that has the place, and those that wait for it, to leave.
    leave: CancellationToken,
    turn: Arc<Turn<()>>,
}

/// A site's only place, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    leave: CancellationToken,
    _turn: OwnedMutexGuard<()>,
}

impl Seats {
    /// Takes the place of a site once whoever has it has left.
    pub(super) async fn take(&self, site: SiteId) -> Seat {
        let (leave, turn) = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let place = places.entry(site).or_default();
            place.leave.cancel();
            place.leave = CancellationToken::new();
            (place.leave.clone(), Arc::clone(&place.turn))
        };
        Seat { leave, _turn: turn.lock_owned().await }
    }
}

impl Seat {
    /// Waits until a newer link wants the place.
    pub(super) async fn is_wanted(&self) {
        self.leave.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn a_newer_link_takes_the_place_once_the_older_has_left() {
        let seats = Seats::default();
        let site = SiteId(Uuid::nil());
        let first = seats.take(site).await;
        let newer = seats.clone();
        let second = newer.take(site);
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending(), "the older one still has it");
        first.is_wanted().await;
        drop(first);
        let second = second.await;
        let others = seats.take(SiteId(Uuid::max())).await;
        assert!(
            !second.leave.is_cancelled() && !others.leave.is_cancelled(),
            "sites do not disturb each other"
        );
    }
}
