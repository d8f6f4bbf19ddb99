//! Which time the logs of a machine cover without a gap: only there does a missing line mean anything.

use std::collections::{BTreeMap, BTreeSet};

use action::Hop;

use crate::{framing::Framing, read::Reading};

/// The logs in which a hop writes what it does with actions.
const TELLING: [&str; 3] = ["cmgatewaynotificationworker", "bgbserver", "ccmnotificationagent"];

/// A stretch of a log from its first record to its last.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    machine: usize,
    hop: Hop,
    from: i64,
    to: i64,
}

/// The stretches of all telling logs.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    stretches: Vec<Stretch>,
    /// The stretch that a file is part of.
    of_file: BTreeMap<usize, usize>,
}

impl Coverage {
    pub(super) fn of(reading: &Reading) -> Self {
        let mut coverage = Self::default();
        let mut renamed: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for (index, file) in reading.files.iter().enumerate() {
            let (Some(hop), Some(from), Some(to)) = (file.hop, file.first, file.last) else { continue };
            // A copy from a page shows what somebody chose to show.
            if file.framing == Framing::Plain
                || !(TELLING.contains(&file.component) || file.component.is_empty())
            {
                continue;
            }
            let key = (file.machine, file.component);
            // `X.log` goes on where `X.lo_` was renamed; other parts may have more between them.
            let lower = file.name.to_ascii_lowercase();
            let before = renamed.get(&key).copied().filter(|_| lower.ends_with(".log"));
            match before {
                Some(at) if coverage.stretches[at].to <= from => {
                    coverage.stretches[at].to = to;
                    coverage.of_file.insert(index, at);
                }
                Some(_) | None => {
                    coverage.stretches.push(Stretch { machine: file.machine, hop, from, to });
                    coverage.of_file.insert(index, coverage.stretches.len() - 1);
                }
            }
            if lower.ends_with(".lo_") {
                renamed.insert(key, coverage.stretches.len() - 1);
            }
        }
        coverage
    }

    /// Returns until when the log that a line at `at` stands in goes on.
    pub(super) fn until(&self, file: usize, at: i64) -> Option<i64> {
        let stretch = self.stretches[*self.of_file.get(&file)?];
        (stretch.from <= at).then_some(stretch.to)
    }

    /// Returns the stretch of that machine that holds all of `from..=to`.
    pub(super) fn covers(&self, machine: usize, hop: Hop, from: i64, to: i64) -> Option<(i64, i64)> {
        self.stretches
            .iter()
            .find(|stretch| {
                stretch.machine == machine && stretch.hop == hop && stretch.from <= from && stretch.to >= to
            })
            .map(|stretch| (stretch.from, stretch.to))
    }

    /// Returns the machines whose logs of that hop were read.
    pub(super) fn machines(&self, hop: Hop) -> BTreeSet<usize> {
        self.stretches.iter().filter(|stretch| stretch.hop == hop).map(|stretch| stretch.machine).collect()
    }
}
