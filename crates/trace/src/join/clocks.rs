//! How far the clocks of machines differ, as the joins bound it: what is sent comes before what is received.

use std::collections::BTreeMap;

use super::{At, Story};
use crate::read::Reading;

/// Milliseconds that a bound may be off where nothing bounds the other side.
const UNBOUNDED: i64 = 3_600_000;

/// How far one clock is ahead of another.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Offset {
    /// At least so many milliseconds, where a join says so.
    pub at_least: Option<i64>,
    /// At most so many.
    pub at_most: Option<i64>,
    /// The joins that this rests on.
    pub joins: u64,
}

/// The clocks of all machines against each other.
#[derive(Clone, Debug, Default)]
pub struct Clocks(BTreeMap<(usize, usize), Offset>);

impl Clocks {
    pub(super) fn learn(reading: &Reading, stories: &[Story]) -> Self {
        let mut clocks = Self::default();
        for story in stories {
            let forwarded = story.forwarded.as_ref().map(|forwarded| forwarded.line);
            clocks.precedes(reading, story.stored, forwarded);
            for push in &story.pushes {
                clocks.precedes(reading, forwarded, Some(push.started));
                for receipt in &story.receipts {
                    if (receipt.push, receipt.task) != (push.push, push.task) {
                        continue;
                    }
                    clocks.precedes(reading, Some(push.started), Some(receipt.received));
                    if let ([(report, 1, _)], 1, Some((answer, _, _))) =
                        (push.reports.as_slice(), push.clients, &receipt.answer)
                    {
                        clocks.precedes(reading, Some(*answer), Some(*report));
                    }
                }
            }
        }
        clocks
    }

    /// Learns that `first` happened before `second`.
    fn precedes(&mut self, reading: &Reading, first: Option<At>, second: Option<At>) {
        let (Some(first), Some(second)) = (first, second) else { return };
        let (first, second) = (&reading.facts[first], &reading.facts[second]);
        let (Some(from), Some(to)) = (first.at, second.at) else { return };
        let (one, other) =
            (reading.files[first.place.file].machine, reading.files[second.place.file].machine);
        if one == other {
            return;
        }
        // The key's second clock against its first.
        let (key, bound, is_most) =
            if one < other { ((one, other), to - from, true) } else { ((other, one), from - to, false) };
        let offset = self.0.entry(key).or_default();
        offset.joins += 1;
        if is_most {
            offset.at_most = Some(offset.at_most.map_or(bound, |most| most.min(bound)));
        } else {
            offset.at_least = Some(offset.at_least.map_or(bound, |least| least.max(bound)));
        }
    }

    /// Returns between how many milliseconds the clock of `other` is ahead of `one`'s.
    pub fn between(&self, one: usize, other: usize) -> Option<(i64, i64)> {
        if one == other {
            return Some((0, 0));
        }
        let (offset, turned) = match self.0.get(&(one.min(other), one.max(other))) {
            Some(offset) => (offset, one > other),
            None => return None,
        };
        let (least, most) = match (offset.at_least, offset.at_most) {
            (Some(least), Some(most)) if least <= most => (least, most),
            // The clock was set in between: both bounds are true at their time.
            (Some(least), Some(most)) => (most, least),
            (Some(least), None) => (least, least + UNBOUNDED),
            (None, Some(most)) => (most - UNBOUNDED, most),
            (None, None) => return None,
        };
        Some(if turned { (-most, -least) } else { (least, most) })
    }

    /// Returns the pairs of machines and what is known of their clocks.
    pub fn pairs(&self) -> impl Iterator<Item = ((usize, usize), &Offset)> {
        self.0.iter().map(|(pair, offset)| (*pair, offset))
    }
}
