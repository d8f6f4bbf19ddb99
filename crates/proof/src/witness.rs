//! One side of a link keeps the hashes of the other's audit, entry by entry. Whatever of it is changed, removed or moved
//! later is found, also by somebody who can make all hashes of the chain anew: the other side has the old ones.
//!
//! Who keeps asks for a [`Page`] behind an entry; who is asked makes the hashes anew of what the entries say *now*. Both
//! sides of a link do both.

use serde::{Deserialize, Serialize};

use crate::{
    Hash,
    audit::{Broken, Head},
};

/// The most entries of a page: 700 KB as they are written.
pub const PAGE: usize = 5_000;

/// A part of an audit, as hashes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The entries behind this one; the oldest that is kept, where what was asked for is older.
    pub after: u64,
    /// The hash of the chain up to there.
    pub base: Hash,
    /// The number after which the entries begin that are still there; 0 where all are.
    pub oldest: u64,
    /// The entries' numbers and own hashes, at most [`PAGE`].
    pub entries: Vec<(u64, Hash)>,
    /// The number of the last entry of the whole chain.
    pub last: u64,
    /// The hash of the whole chain.
    pub head: Hash,
    /// The head, signed by the side whose audit it is.
    pub signed: String,
    /// Whether any of the entries says more than that a head of the other side was kept.
    pub news: bool,
}

/// What is kept of the other side's audit, as far as a page touches it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kept {
    /// How far it goes; none where nothing is kept yet.
    pub last: Option<Head>,
    /// The hash of the chain at the page's beginning, where that is kept.
    pub base: Option<Hash>,
    /// The entries' own hashes behind the page's beginning, by their numbers and without gaps.
    pub entries: Vec<(u64, Hash)>,
}

/// An entry that is to be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fresh {
    /// Its number.
    pub number: u64,
    /// Its own hash.
    pub entry: Hash,
    /// The hash of the chain up to it.
    pub chain: Hash,
}

impl Page {
    /// Compares the page with what is kept; returns the entries that are new.
    ///
    /// # Errors
    ///
    /// Says where the audit is not what it was.
    pub fn compare(&self, kept: &Kept) -> Result<Vec<Fresh>, Broken> {
        let known_to = kept.last.map_or(0, |last| last.number);
        if self.last < known_to {
            return Err(Broken::Missing { expected: self.last + 1, found: self.last });
        }
        if kept.base.is_some_and(|base| base != self.base) {
            return Err(Broken::Changed { number: self.after });
        }
        let mut known = kept.entries.iter().peekable();
        let mut fresh = Vec::new();
        let mut head = Head { number: self.after, hash: self.base };
        for (number, entry) in &self.entries {
            if *number != head.number + 1 {
                return Err(Broken::Missing { expected: head.number + 1, found: *number });
            }
            head = head.then(*entry);
            match known.next_if(|(known, _)| known == number) {
                Some((_, known)) if known != entry => return Err(Broken::Changed { number: *number }),
                Some(_) => {}
                None => fresh.push(Fresh { number: *number, entry: *entry, chain: head.hash }),
            }
        }
        // A page that is not full ends where the chain does.
        if self.entries.len() < PAGE && head.number < self.last {
            return Err(Broken::Missing { expected: head.number + 1, found: self.last });
        }
        if head.number > self.last || (head.number == self.last && head.hash != self.head) {
            return Err(Broken::Changed { number: self.last });
        }
        Ok(fresh)
    }

    /// Returns how far the page goes.
    pub fn end(&self) -> u64 {
        self.entries.last().map_or(self.after, |(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_kept_and_what_is_known_is_compared() {
        check("1 2 3", 0, "", "1 2 3");
        check("1 2 3", 0, "1 2", "3");
        check("1 2 3", 2, "1 2", "3");
        check("1 2 3", 3, "1 2 3", "");
        check("", 0, "", "");
    }

    #[test]
    fn what_was_changed_removed_or_moved_is_found_whatever_was_made_anew() {
        check("1 2! 3", 0, "1 2 3", "entry 2, or one before it, was changed");
        check("1 2! 3", 2, "1 2 3", "entry 2, or one before it, was changed");
        check("1 2! 3 4", 3, "1 2 3", "entry 3, or one before it, was changed");
        check("1 3", 0, "1 2 3", "entry 2 is missing: entry 3 stands in its place");
        check("1 2", 0, "1 2 3", "entry 3 is missing: entry 2 stands in its place");
        check("1 2", 2, "1 2 3", "entry 3 is missing: entry 2 stands in its place");
        check("1 3~ 2~", 0, "1 2 3", "entry 2, or one before it, was changed");
        check("", 0, "1", "entry 1 is missing: entry 0 stands in its place");
    }

    #[test]
    fn a_page_that_ends_too_early_or_at_another_head_is_found() {
        let (whole, kept) = (page("1 2 3", 0), kept("1 2 3", "1", 0));
        let mut cut = whole.clone();
        cut.entries.pop();
        assert_eq!(cut.compare(&kept), Err(Broken::Missing { expected: 3, found: 3 }));
        let other = Page { head: Hash::of(b"other"), ..whole.clone() };
        assert_eq!(other.compare(&kept), Err(Broken::Changed { number: 3 }));
        assert!(whole.compare(&kept).is_ok());
    }

    #[test]
    fn what_the_other_side_no_longer_keeps_is_no_fault() {
        // Entries up to 2 were forgotten by both; the chain goes on from there.
        check("1 2 3 4", 2, "1 2 3", "4");
        let (page, nothing) = (page("1 2 3", 2), Kept { last: None, base: None, entries: Vec::new() });
        assert_eq!(page.compare(&nothing).map(|fresh| fresh.len()), Ok(1));
    }

    /// Compares the page behind `after` of the chain `now` with what was kept of the chain when it was `then`; words are
    /// entries, `!` marks one that says something else, `~` one that stands in another's place.
    #[track_caller]
    fn check(now: &str, after: u64, then: &str, expected: &str) {
        let told = match page(now, after).compare(&kept("1 2 3 4", then, after)) {
            Ok(fresh) => fresh.iter().map(|one| one.number.to_string()).collect::<Vec<_>>().join(" "),
            Err(broken) => broken.to_string(),
        };
        assert_eq!(told, expected, "{now} behind {after}, kept {then}");
    }

    /// Returns numbers, entries' hashes and heads of a chain.
    fn chain(words: &str) -> Vec<(u64, Hash, Hash)> {
        let mut head = Head::EMPTY;
        let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        let moved = words.iter().any(|word| word.ends_with('~'));
        let mut all = Vec::new();
        for (place, word) in (1..).zip(&words) {
            let number: u64 = word.trim_end_matches(['!', '~']).parse().expect("a number");
            let entry = Hash::of(word.trim_end_matches('~').as_bytes());
            head = head.then(entry);
            all.push((if moved { place } else { number }, entry, head.hash));
        }
        all
    }

    fn page(words: &str, after: u64) -> Page {
        let chain = chain(words);
        let base =
            chain.iter().find(|(number, ..)| *number == after).map_or(Head::EMPTY.hash, |(.., hash)| *hash);
        let last = chain.last().copied();
        Page {
            after,
            base,
            oldest: 0,
            entries: chain.iter().filter(|(number, ..)| *number > after).map(|(n, e, _)| (*n, *e)).collect(),
            last: last.map_or(0, |(number, ..)| number),
            head: last.map_or(Head::EMPTY.hash, |(.., hash)| hash),
            signed: String::new(),
            news: true,
        }
    }

    fn kept(whole: &str, then: &str, after: u64) -> Kept {
        let count = then.split(' ').filter(|word| !word.is_empty()).count();
        let mut chain = chain(whole);
        chain.truncate(count);
        Kept {
            last: chain.last().map(|(number, _, hash)| Head { number: *number, hash: *hash }),
            base: chain.iter().find(|(number, ..)| *number == after).map(|(.., hash)| *hash),
            entries: chain.iter().filter(|(number, ..)| *number > after).map(|(n, e, _)| (*n, *e)).collect(),
        }
    }
}
