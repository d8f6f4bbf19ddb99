//! How much of what nobody is known to have asked is written down: whoever sits in the console can send any number of texts
//! that prove nothing, and must not fill the audit with them.

use std::time::Duration;

use action::{Audited, Timestamp};

use super::{Desk, DeskError};
use crate::store::{AuditEntry, Store};

/// How many of them have an entry of their own within an hour: more than honest people make by mistake, and 1 MB a day at
/// most.
pub(super) const AN_HOUR: u32 = 120;

const HOUR: Duration = Duration::from_hours(1);

/// What was refused within the present hour. Forgotten at a restart, which only the site's owner can cause.
#[derive(Debug, Default)]
pub(super) struct Unproven {
    since: Option<Timestamp>,
    written: u32,
    left_out: u64,
}

impl Unproven {
    /// Returns whether one more has an entry of its own; else it is counted.
    pub(super) fn has_room(&mut self) -> bool {
        if self.written < AN_HOUR {
            self.written += 1;
            return true;
        }
        self.left_out += 1;
        false
    }

    /// Returns whether the present hour has no room left.
    #[cfg(test)]
    pub(super) fn is_full(&self) -> bool {
        self.written >= AN_HOUR
    }

    /// Begins an hour where one has passed; returns how many had no entry in the one that has ended.
    fn turn(&mut self, now: Timestamp) -> u64 {
        let ended = self.since.is_none_or(|since| now.since(since) >= HOUR);
        if !ended {
            return 0;
        }
        let left_out = self.left_out;
        *self = Self { since: Some(now), ..Self::default() };
        left_out
    }
}

impl Desk {
    /// Returns whether one more of what proves nothing may be written down now.
    pub(super) async fn unproven_has_room(&mut self, now: Timestamp) -> Result<bool, DeskError> {
        self.audit_left_out(now).await?;
        let room = self.unproven.has_room();
        if !room && self.unproven.left_out == 1 {
            self.log.warn(format_args!(
                "More than {AN_HOUR} texts within an hour prove nothing: the others are refused without an entry."
            ));
        }
        Ok(room)
    }

    /// Writes an entry about what nobody is known to have asked, while the hour has room for it. The others are counted, and
    /// the count has an entry when the hour is over. Returns the entry's place.
    pub(super) async fn audit_unproven(&mut self, entry: AuditEntry) -> Result<Option<Audited>, DeskError> {
        if !self.unproven_has_room(entry.at).await? {
            return Ok(None);
        }
        self.log.warn(format_args!("Refused the {} of {}: {}.", entry.what, entry.who, entry.rule));
        self.put_audit(&entry).await.map(Some)
    }

    /// Writes how many had no entry, once their hour is over.
    pub(super) async fn audit_left_out(&mut self, now: Timestamp) -> Result<(), DeskError> {
        let left_out = self.unproven.turn(now);
        if left_out == 0 {
            return Ok(());
        }
        let entry = AuditEntry {
            at: now,
            who: "nobody".to_owned(),
            what: "texts that prove nothing".to_owned(),
            subject: format!("{left_out} more within an hour"),
            rule: format!("{AN_HOUR} an hour have an entry of their own"),
            result: "refused".to_owned(),
        };
        self.put_audit(&entry).await.map(|_| ())
    }

    async fn put_audit(&mut self, entry: &AuditEntry) -> Result<Audited, DeskError> {
        let mut change = self.store.begin().await?;
        let place = Store::audited(&mut change, entry).await?;
        change.commit().await?;
        self.mark(place.number);
        Ok(place)
    }
}
