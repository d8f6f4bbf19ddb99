//! Runs of events: what happened to many targets of one action in one commit is one row of the table, which holds the
//! targets in one text. A row for each would cost more than all else of a push.

use std::{collections::BTreeMap, fmt::Write as _};

use action::{DeviceId, Entry, Hop, TaskGuid, Timestamp};
use database::{DbError, Row};
use serde::Serialize;

use crate::code::wrong;

/// The most events of a run, so that a page of the history is never much more than was asked for.
pub(crate) const LONGEST: u64 = 128;

/// How many of the newest runs an event may still join: more only cost time to look at.
const OPEN: usize = 8;

/// A run: events that differ in their target and in the time only.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    first: &'a Entry,
    targets: Vec<(DeviceId, Timestamp)>,
}

/// A run as it is written.
#[derive(Debug, Serialize)]
pub(crate) struct Written {
    n: u64,
    t: String,
    d: Option<String>,
    h: &'static str,
    a: i64,
    e: String,
    c: u64,
    m: Option<String>,
}

/// Joins entries into runs. The events of one target keep their order.
pub(crate) fn join(entries: &[Entry]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    // Where the last event of a target is: its next must not come before it.
    let mut last: BTreeMap<(TaskGuid, DeviceId), usize> = BTreeMap::new();
    let mut floor = 0;
    for entry in entries {
        let Some(device) = entry.device else {
            // It is about all targets, and stands between what was before and what comes after.
            runs.push(Run { first: entry, targets: Vec::new() });
            floor = runs.len();
            continue;
        };
        let target = (entry.task_guid, device);
        let from = last.get(&target).copied().unwrap_or(0).max(floor).max(runs.len().saturating_sub(OPEN));
        let open = (from..runs.len()).find(|at| runs.get(*at).is_some_and(|run| run.takes(entry)));
        let at = open.unwrap_or(runs.len());
        match runs.get_mut(at) {
            Some(run) => run.targets.push((device, entry.at)),
            None => runs.push(Run { first: entry, targets: vec![(device, entry.at)] }),
        }
        last.insert(target, at);
    }
    runs
}

impl Run<'_> {
    fn takes(&self, entry: &Entry) -> bool {
        !self.targets.is_empty()
            && self.len() < LONGEST
            && self.first.task_guid == entry.task_guid
            && self.first.hop == entry.hop
            && self.first.event == entry.event
    }

    /// Returns how many events it has.
    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.targets.len().max(1)).unwrap_or(u64::MAX)
    }

    /// Returns it as it is written, its first event under `number`.
    pub(crate) fn written(&self, number: u64) -> Written {
        let many = (self.targets.len() > 1).then(|| self.text());
        let alone = self.first.device.filter(|_| many.is_none());
        Written {
            n: number,
            t: self.first.task_guid.to_string(),
            d: alone.map(|device| device.to_string()),
            h: self.first.hop.name(),
            a: self.first.at.0,
            e: serde_json::to_string(&self.first.event).expect("an event is plain data"),
            c: self.len(),
            m: many,
        }
    }

    /// Returns the targets as one text: each with how much later than the first its event was, in milliseconds.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.targets.len() * 40);
        for (device, at) in &self.targets {
            let separator = if text.is_empty() { "" } else { " " };
            let later = at.0 - self.first.at.0;
            write!(text, "{separator}{device}{later:+}").expect("a string takes everything");
        }
        text
    }
}

/// Reads a run: its events, each with its number.
pub(crate) fn read(row: &Row) -> Result<Vec<(u64, Entry)>, DbError> {
    let first = Entry {
        task_guid: row.parsed("task_guid")?,
        device: row.opt_parsed("device")?,
        hop: Hop::named(row.text("hop")?).ok_or_else(|| wrong("hop", "the name of a hop"))?,
        at: Timestamp(row.int("at")?),
        event: row.json("event")?,
    };
    let number = row.unsigned("number")?;
    let Some(targets) = row.opt_text("targets")? else { return Ok(vec![(number, first)]) };
    let one = |(number, target): (u64, &str)| {
        let (device, later) = target_of(target).ok_or_else(|| wrong("targets", "a device and a time"))?;
        Ok((number, Entry { device: Some(device), at: Timestamp(first.at.0 + later), ..first.clone() }))
    };
    (number..).zip(targets.split(' ')).map(one).collect()
}

fn target_of(text: &str) -> Option<(DeviceId, i64)> {
    /// A hyphenated id.
    const ID: usize = 36;
    let (device, later) = text.split_at_checked(ID)?;
    Some((device.parse().ok()?, later.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use action::Event;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_and_each_target_keeps_its_order(
            entries in prop::collection::vec((0u8..3, prop::option::of(0u8..5), 0u8..3, 0i64..9), 0..400),
        ) {
            let entries: Vec<Entry> = entries.into_iter().map(entry).collect();
            let joined: Vec<Entry> = join(&entries).iter().flat_map(opened).collect();
            prop_assert_eq!(joined.len(), entries.len());
            for task in 0..3 {
                for device in 0..5 {
                    let (task, device) = (task_guid(task), device_id(device));
                    // What is about all targets is part of each target's story.
                    let of = |all: &[Entry]| -> Vec<Entry> {
                        let own = |entry: &&Entry| entry.device.is_none_or(|of| of == device);
                        all.iter().filter(|entry| entry.task_guid == task).filter(own).cloned().collect()
                    };
                    prop_assert_eq!(of(&joined), of(&entries));
                }
            }
        }
    }

    #[test]
    fn receipts_and_answers_that_take_turns_are_two_runs() {
        let turns =
            (0..100).flat_map(|device| [entry((1, Some(device), 1, 5)), entry((1, Some(device), 2, 7))]);
        let entries: Vec<Entry> = turns.collect();
        let runs = join(&entries);
        assert_eq!(runs.iter().map(Run::len).collect::<Vec<_>>(), [100, 100]);
    }

    #[test]
    fn a_run_has_a_bound() {
        let entries: Vec<Entry> = (0..u8::MAX).map(|device| entry((1, Some(device), 1, 5))).collect();
        assert_eq!(join(&entries).iter().map(Run::len).collect::<Vec<_>>(), [LONGEST, 255 - LONGEST]);
    }

    #[test]
    fn a_target_is_read_as_it_was_written() {
        let entries = [entry((1, Some(1), 1, 5)), entry((1, Some(2), 1, 2)), entry((1, Some(3), 1, 9))];
        let text = join(&entries).first().map(Run::text).expect("a run");
        let read: Vec<_> = text.split(' ').map(|target| target_of(target).expect("a target")).collect();
        assert_eq!(read, [(device_id(1), 0), (device_id(2), -3), (device_id(3), 4)]);
        for wrong in
            ["", "x", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001x"]
        {
            assert_eq!(target_of(wrong), None, "{wrong}");
        }
    }

    fn opened(run: &Run<'_>) -> Vec<Entry> {
        let of = |(device, at): &(DeviceId, Timestamp)| Entry {
            device: Some(*device),
            at: *at,
            ..run.first.clone()
        };
        if run.targets.is_empty() { vec![run.first.clone()] } else { run.targets.iter().map(of).collect() }
    }

    fn entry((task, device, event, at): (u8, Option<u8>, u8, i64)) -> Entry {
        let event = [Event::Sent, Event::Received, Event::Running][usize::from(event)].clone();
        let hop = Hop::Agent;
        Entry { task_guid: task_guid(task), device: device.map(device_id), hop, at: Timestamp(at), event }
    }

    fn task_guid(number: u8) -> TaskGuid {
        TaskGuid(Uuid::from_u128(number.into()))
    }

    fn device_id(number: u8) -> DeviceId {
        DeviceId(Uuid::from_u128(number.into()))
    }
}
