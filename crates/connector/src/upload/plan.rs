//! Decides what of the devices is sent next.

use action::DeviceId;
use site_link::{Checksum, Compliance, Details, Device, DeviceBatch, Part};
use site_store::{DeviceChanges, DeviceRow};

/// How far the upload is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Plan {
    mode: Mode,
    /// The number up to which batches were made.
    upto: u64,
    /// Whether anything was sent over this link: the first run always ends with a checksum, also where nothing changed.
    checked: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    /// All devices, from the beginning.
    Full,
    /// All devices, on the way.
    FullGoingOn,
    /// What changed.
    Changes,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// The console has everything.
    Nothing,
    /// Read again: the plan has changed.
    Again,
    /// Send these, one after the other; `last` where nothing more is known.
    Send { batches: Vec<DeviceBatch>, last: bool },
}

impl Plan {
    /// Goes on from `upto`; from the beginning where that is not known.
    pub(super) fn new(upto: Option<u64>) -> Self {
        let mode = if upto.is_some() { Mode::Changes } else { Mode::Full };
        Self { mode, upto: upto.unwrap_or_default(), checked: false }
    }

    /// Begins anew: the console misses something.
    pub(super) fn resync(&mut self) {
        *self = Self::new(None);
    }

    pub(super) fn wants_all(&self) -> bool {
        self.mode == Mode::Full
    }

    /// Returns the number to read changes from.
    pub(super) fn after(&self) -> u64 {
        self.upto
    }

    /// Decides what to send of what the store has after [`Plan::after`].
    pub(super) fn next(&mut self, changes: DeviceChanges) -> Next {
        // The store was put back to an older state: its numbers will come a second time, for other changes.
        if self.mode == Mode::Changes && changes.checksum.is_some_and(|checksum| checksum.seq < self.upto) {
            self.resync();
            return Next::Again;
        }
        let last = !changes.more;
        let nothing = changes.devices.is_empty() && changes.removed.is_empty();
        if self.mode == Mode::Changes && nothing && (self.checked || !last) {
            return if last { Next::Nothing } else { Next::Again };
        }

        let (first, mode) = match (self.mode, last) {
            (Mode::Full, true) => (Some(empty_start()), Part::FullEnd),
            (Mode::Full, false) => (None, Part::FullStart),
            (Mode::FullGoingOn, true) => (None, Part::FullEnd),
            (Mode::FullGoingOn, false) => (None, Part::Full),
            (Mode::Changes, _) => (None, Part::Changes),
        };
        self.mode = match (self.mode, last) {
            (Mode::Full | Mode::FullGoingOn, false) => Mode::FullGoingOn,
            (Mode::Full | Mode::FullGoingOn | Mode::Changes, _) => Mode::Changes,
        };
        self.upto = changes.upto;
        self.checked |= last;
        let batches = first.into_iter().chain([batch(mode, changes)]).collect();
        Next::Send { batches, last }
    }
}

fn batch(part: Part, changes: DeviceChanges) -> DeviceBatch {
    // Who gets all devices knows none that were removed before.
    let removed: Vec<DeviceId> = if part == Part::Changes { changes.removed } else { Vec::new() };
    DeviceBatch {
        seq: changes.upto,
        part,
        devices: changes.devices.into_iter().map(device).collect(),
        removed,
        checksum: changes.checksum.map(|checksum| Checksum { count: checksum.count, sum: checksum.sum }),
    }
}

fn empty_start() -> DeviceBatch {
    DeviceBatch { seq: 0, part: Part::FullStart, devices: Vec::new(), removed: Vec::new(), checksum: None }
}

/// A device as it crosses the link.
fn device(row: DeviceRow) -> Device {
    Device {
        id: row.device,
        resource: row.resource,
        name: row.facts.name,
        os: row.facts.os,
        os_version: row.facts.os_version,
        architecture: row.facts.architecture,
        client_version: row.facts.client_version,
        online: row.online,
        online_changed: row.online_changed,
        enrolled: row.enrolled,
        compliance: row.compliance.map(|compliance| Compliance {
            compliant: compliance.compliant,
            total: compliance.total,
            at: compliance.at,
        }),
        details: Details {
            user: row.facts.details.user,
            serial: row.facts.details.serial,
            addresses: row.facts.details.addresses,
            tags: row.facts.details.tags,
        },
        generation: row.seq,
        discovered: Some(row.discovered),
    }
}

#[cfg(test)]
mod tests;
