//! Places for event streams: so many in all, and so many for what one caller presented.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The most event streams at a time: each holds a connection. A thousand viewers with a tab to spare.
const IN_ALL: usize = 4_000;

/// The most event streams of one session: the tabs of a browser share one, and a few may be left over after a cut.
pub(crate) const OF_ONE: usize = 8;

/// Who follows. A clone is the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_session: BTreeMap<String, usize>,
}

/// A place; given up when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    session: String,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NoPlace {
    /// The caller has its share.
    Yours,
    /// The console has all that it can hold.
    All,
}

impl Places {
    /// Takes a place for what the caller presented.
    pub(crate) fn take(&self, session: &str) -> Result<Place, NoPlace> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.by_session.get(session).is_some_and(|count| *count >= OF_ONE) {
            return Err(NoPlace::Yours);
        }
        if taken.all >= IN_ALL {
            return Err(NoPlace::All);
        }
        taken.all += 1;
        *taken.by_session.entry(session.to_owned()).or_default() += 1;
        Ok(Place { places: self.clone(), session: session.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(count) = taken.by_session.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                taken.by_session.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_has_its_share_and_no_more() {
        let places = Places::default();
        let mut held: Vec<Place> = (0..OF_ONE).map(|_| places.take("a").expect("its share")).collect();
        for _ in 0..10_000 {
            assert_eq!(places.take("a").err(), Some(NoPlace::Yours));
        }
        let other = places.take("b").expect("another session is not disturbed");
        held.pop();
        drop(places.take("a").expect("the share is free again"));
        drop((held, other));
        let taken = places.0.lock().expect("not poisoned");
        assert!(taken.all == 0 && taken.by_session.is_empty());
    }

    #[test]
    fn all_sessions_together_are_bounded() {
        let places = Places::default();
        let held: Vec<Place> =
            (0..IN_ALL).map(|number| places.take(&(number / OF_ONE).to_string()).expect("room")).collect();
        assert_eq!(places.take("late").err(), Some(NoPlace::All));
        drop(held);
        assert!(places.take("late").is_ok());
    }
}
