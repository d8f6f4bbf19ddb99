//! How often anybody may try to sign in. Kept in memory: a restart forgives.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use action::Timestamp;

/// Attempts that one address may make at once, and how long one takes to come back: an office behind one address signs in
/// within a few minutes, a guesser makes 20 attempts a minute.
const ADDRESS: Allowance = Allowance { burst: 30, every: Duration::from_secs(3) };

/// Attempts for one name, from wherever they come.
const NAME: Allowance = Allowance { burst: 10, every: Duration::from_secs(30) };

/// Names and addresses that are remembered; about 1 MB. When it is full, those whose allowance is whole are forgotten,
/// then all.
const REMEMBERED: usize = 10_000;

struct Allowance {
    burst: u32,
    every: Duration,
}

/// Counts attempts to sign in.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    addresses: Buckets<IpAddr>,
    names: Buckets<String>,
}

#[derive(Debug)]
struct Buckets<K>(Mutex<BTreeMap<K, Timestamp>>);

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }
}

impl Limits {
    /// Takes one attempt. Where there is none left, returns the seconds until there is.
    pub(crate) fn attempt(&self, address: IpAddr, name: &str, now: Timestamp) -> Result<(), u64> {
        self.addresses.take(address, &ADDRESS, now)?;
        self.names.take(name.chars().take(100).collect(), &NAME, now)
    }

    /// Gives the attempts of a person back who has signed in.
    pub(crate) fn succeeded(&self, name: &str) {
        let name: String = name.chars().take(100).collect();
        self.names.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
    }
}

impl<K: Ord> Buckets<K> {
    /// Each key has the moment at which its allowance is whole again; an attempt moves it on.
    fn take(&self, key: K, allowance: &Allowance, now: Timestamp) -> Result<(), u64> {
        let mut whole_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if whole_at.len() >= REMEMBERED && !whole_at.contains_key(&key) {
            whole_at.retain(|_, whole| *whole > now);
            if whole_at.len() >= REMEMBERED {
                whole_at.clear();
            }
        }
        let before = whole_at.get(&key).copied().unwrap_or(now).max(now);
        let after = before.plus(allowance.every);
        let most = now.plus(allowance.every * allowance.burst);
        if after > most {
            return Err(after.since(most).as_secs().max(1));
        }
        whole_at.insert(key, after);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_579_621_423_000);

    #[test]
    fn a_name_is_tried_ten_times_and_then_every_half_minute() {
        let limits = Limits::default();
        for attempt in 0..10u8 {
            let address = IpAddr::from([192, 0, 2, attempt]);
            assert_eq!(limits.attempt(address, "ann", NOW), Ok(()), "attempt {attempt}");
        }
        let address = IpAddr::from([192, 0, 2, 200]);
        assert_eq!(limits.attempt(address, "ann", NOW), Err(30));
        assert_eq!(limits.attempt(address, "ben", NOW), Ok(()));
        assert_eq!(limits.attempt(address, "ann", NOW.plus(Duration::from_secs(30))), Ok(()));
        limits.succeeded("ann");
        assert_eq!(limits.attempt(address, "ann", NOW), Ok(()));
    }

    #[test]
    fn an_address_runs_out_whatever_the_names() {
        let limits = Limits::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        for attempt in 0..30 {
            assert_eq!(limits.attempt(address, &format!("name {attempt}"), NOW), Ok(()));
        }
        assert_eq!(limits.attempt(address, "one more", NOW), Err(3));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limits = Limits::default();
        for attempt in 0..u32::try_from(REMEMBERED).expect("small") + 10 {
            let _ = limits.attempt(IpAddr::from(attempt.to_be_bytes()), &attempt.to_string(), NOW);
        }
        assert!(limits.addresses.0.lock().expect("no panic").len() <= REMEMBERED);
    }
}
