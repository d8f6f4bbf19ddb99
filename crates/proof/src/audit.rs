//! An audit as a hash chain: each entry stands on all before it, so that none can be changed, dropped or moved without the
//! head becoming another.
//!
//! An entry's own hash is salted: the hashes can be given away without giving away what the entries say. It proves that
//! nothing was changed since a head was told to somebody else; not that what was written is true.

use std::fmt;

use crate::Hash;

/// An entry, as it is hashed.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Whose chain it is in: the tenant or the site, as text.
    pub chain: &'a str,
    /// Its place, from 1.
    pub number: u64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Random, different for each entry.
    pub salt: &'a str,
    /// What it says; the order is part of it.
    pub texts: &'a [&'a str],
}

impl Entry<'_> {
    /// Returns the entry's own hash. Each text goes in with its length, so that no two entries that differ are the same
    /// bytes.
    pub fn hash(&self) -> Hash {
        let (number, at) = (self.number.to_string(), self.at.to_string());
        let mut bytes = b"tenon/audit-entry/1".to_vec();
        let own = [self.chain, &number, &at, self.salt];
        for text in own.into_iter().chain(self.texts.iter().copied()) {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Hash::of(&bytes)
    }
}

/// A place in a chain: the number of an entry, and the hash of it and of all before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// The entry's number; 0 before the first.
    pub number: u64,
    /// The hash up to there.
    pub hash: Hash,
}

impl Head {
    /// The beginning of every chain.
    pub const EMPTY: Head = Head { number: 0, hash: Hash([0; 32]) };

    /// Returns the head after one more entry, whose own hash is `entry`.
    #[must_use]
    pub fn then(&self, entry: Hash) -> Self {
        let number = self.number + 1;
        let mut bytes = b"tenon/audit-chain/1".to_vec();
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(&self.hash.0);
        bytes.extend_from_slice(&entry.0);
        Self { number, hash: Hash::of(&bytes) }
    }
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Broken {
    /// An entry is missing, or stands in another's place.
    Missing {
        /// The number that had to come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// An entry, or one before it, is not what it was.
    Changed {
        /// The entry's number.
        number: u64,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Missing { expected, found } => {
                write!(f, "entry {expected} is missing: entry {found} stands in its place")
            }
            Broken::Changed { number } => write!(f, "entry {number}, or one before it, was changed"),
        }
    }
}

impl std::error::Error for Broken {}

/// Walks a chain from a head that is believed.
#[derive(Clone, Copy, Debug)]
pub struct Walk(Head);

impl Walk {
    /// Begins after `head`.
    pub fn after(head: Head) -> Self {
        Self(head)
    }

    /// Returns how far it has come.
    pub fn head(&self) -> Head {
        self.0
    }

    /// Takes the next entry, with the hash of the chain that is stored with it.
    ///
    /// # Errors
    ///
    /// Where the chain is broken at this entry.
    pub fn take(&mut self, entry: &Entry<'_>, stored: Hash) -> Result<(), Broken> {
        if entry.number != self.0.number + 1 {
            return Err(Broken::Missing { expected: self.0.number + 1, found: entry.number });
        }
        let next = self.0.then(entry.hash());
        if next.hash != stored {
            return Err(Broken::Changed { number: entry.number });
        }
        self.0 = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_is_changed_dropped_or_moved_is_found() {
        check("1 2 3", Ok(3));
        check("1 2 3!", Err(Broken::Changed { number: 3 }));
        check("1 2! 3", Err(Broken::Changed { number: 2 }));
        check("1 3", Err(Broken::Missing { expected: 2, found: 3 }));
        check("2 3", Err(Broken::Missing { expected: 1, found: 2 }));
        check("1 3 2", Err(Broken::Missing { expected: 2, found: 3 }));
        check("1 1 2", Err(Broken::Missing { expected: 2, found: 1 }));
    }

    #[test]
    fn texts_that_run_into_each_other_differ() {
        let hash = |texts: &[&str]| Entry { chain: "t", number: 1, at: 0, salt: "s", texts }.hash();
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["a"]), hash(&["a", ""]));
    }

    #[test]
    fn the_bytes_of_a_chain_stay_what_they_are() {
        let entry = Entry {
            chain: "tenant",
            number: 1,
            at: 1_579_621_423_000,
            salt: "00ff",
            texts: &["ann", "done"],
        };
        let head = Head::EMPTY.then(entry.hash());
        assert_eq!(
            (head.number, head.hash.hex().as_str()),
            (1, "e5256e015118493168688540d3d5f453a052a8047d3f025d340dd421ca48abf7")
        );
    }

    /// Walks entries by their numbers; `!` marks one whose text was changed after it was stored.
    #[track_caller]
    fn check(walk: &str, expected: Result<u64, Broken>) {
        let says = |number: u64| format!("entry {number}");
        let mut head = Head::EMPTY;
        let mut stored = Vec::new();
        for number in 1..=3 {
            let text = says(number);
            head = head.then(Entry { chain: "t", number, at: 7, salt: "s", texts: &[&text] }.hash());
            stored.push(head.hash);
        }
        let mut walking = Walk::after(Head::EMPTY);
        let mut outcome = Ok(0);
        for word in walk.split(' ') {
            let number: u64 = word.trim_end_matches('!').parse().expect("a number");
            let text = says(number) + if word.ends_with('!') { " changed" } else { "" };
            let entry = Entry { chain: "t", number, at: 7, salt: "s", texts: &[&text] };
            let place = usize::try_from(number - 1).expect("small");
            outcome = walking.take(&entry, stored[place]).map(|()| walking.head().number);
            if outcome.is_err() {
                break;
            }
        }
        assert_eq!(outcome, expected, "{walk}");
    }
}
