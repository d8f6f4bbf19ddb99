//! Connections that are not those of a device yet: in their handshake, or before their sign-in.
//!
//! A storm of devices fills the places and waits at the door, in the order in which it came; each place is free again
//! after milliseconds. Who takes a place and says nothing loses it as soon as somebody else needs it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use service::metrics::Gauge;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// How long a connection keeps its place for certain: a handshake over a slow network takes two round trips of a second.
const CERTAIN: Duration = Duration::from_secs(3);

/// How often it is looked whether somebody has had its time, while all places are taken.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The places of connections that are not those of a device yet.
#[derive(Debug)]
pub(crate) struct HalfOpen {
    most: usize,
    places: Mutex<Places>,
    freed: Notify,
    count: Gauge,
}

#[derive(Debug, Default)]
struct Places {
    next: u64,
    /// In the order in which they were taken.
    taken: BTreeMap<u64, (Instant, Arc<Notify>)>,
}

/// A place. Given up when dropped.
#[derive(Debug)]
pub(crate) struct HalfOpenPlace {
    half_open: Arc<HalfOpen>,
    number: u64,
    cut: Arc<Notify>,
}

impl HalfOpen {
    pub(crate) fn new(most: usize, count: Gauge) -> Arc<Self> {
        Arc::new(Self { most, places: Mutex::default(), freed: Notify::new(), count })
    }

    /// Waits for a place. Safe to cancel.
    pub(crate) async fn enter(self: &Arc<Self>) -> HalfOpenPlace {
        loop {
            if let Some(place) = self.try_enter(Instant::now()) {
                return place;
            }
            tokio::select! {
                () = self.freed.notified() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Takes a place, where there is one, or where the one who has his the longest has had his time.
    fn try_enter(self: &Arc<Self>, now: Instant) -> Option<HalfOpenPlace> {
        let mut places = self.places();
        if places.taken.len() >= self.most {
            let (_, (since, cut)) = places.taken.first_key_value()?;
            if now.duration_since(*since) < CERTAIN {
                return None;
            }
            cut.notify_one();
            places.taken.pop_first();
        }
        let number = places.next;
        places.next += 1;
        let cut = Arc::new(Notify::new());
        places.taken.insert(number, (now, Arc::clone(&cut)));
        self.tell(&places);
        drop(places);
        Some(HalfOpenPlace { half_open: Arc::clone(self), number, cut })
    }

    fn tell(&self, places: &Places) {
        self.count.set(i64::try_from(places.taken.len()).unwrap_or(i64::MAX));
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HalfOpenPlace {
    /// Waits until the place is taken away. Safe to cancel.
    pub(crate) async fn cut(&self) {
        self.cut.notified().await;
    }
}

impl Drop for HalfOpenPlace {
    fn drop(&mut self) {
        let mut places = self.half_open.places();
        places.taken.remove(&self.number);
        self.half_open.tell(&places);
        drop(places);
        self.half_open.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_loses_its_place_once_somebody_needs_it() {
        let half_open = HalfOpen::new(2, Gauge::default());
        let silent = half_open.enter().await;
        let other = half_open.enter().await;
        let before = Instant::now();
        let third = half_open.enter().await;
        assert!(before.elapsed() >= CERTAIN, "the silent one had its time");
        silent.cut().await;
        drop(silent);
        assert!(
            half_open.try_enter(Instant::now()).is_some(),
            "the next silent one has had its time as well"
        );
        drop((other, third));
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_given_up_is_free_at_once() {
        let gauge = Gauge::default();
        let half_open = HalfOpen::new(1, gauge.clone());
        let before = Instant::now();
        for _ in 0..1_000 {
            drop(half_open.enter().await);
        }
        assert_eq!((before.elapsed(), gauge.value()), (Duration::ZERO, 0));
    }
}
