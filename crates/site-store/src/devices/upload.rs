//! What the console does not know yet of the site's devices.

use action::DeviceId;
use database::{DbError, Statement, args};

use super::row::{DeviceRow, columns};
use crate::SiteStore;

/// Devices that changed after a number.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeviceChanges {
    /// Devices that are new or have changed, in the order of their changes.
    pub devices: Vec<DeviceRow>,
    /// Devices that are gone.
    pub removed: Vec<DeviceId>,
    /// The number up to which this brings the reader; ask from there next.
    pub upto: u64,
    /// Whether there is more.
    pub more: bool,
    /// What the reader's devices must now sum up to; only where there is nothing more.
    pub checksum: Option<DeviceChecksum>,
}

/// The count of the site's devices and the sum of their hashes ([`DeviceRow::hash`]).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DeviceChecksum {
    /// How many devices.
    pub count: u64,
    /// The sum of their hashes.
    pub sum: u64,
    /// The number of the last change that it holds.
    pub seq: u64,
}

const CHANGES: Statement = Statement::both(concat!(
    "SELECT ",
    columns!(),
    " FROM device WHERE seq > $1 UNION ALL \
     SELECT device, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL, seq, NULL \
     FROM removed_device WHERE seq > $1 ORDER BY seq LIMIT $2"
));
const CHECKSUM: Statement = Statement::both(
    "SELECT count(*) AS count, CAST(coalesce(sum(hash * (1 + online)), 0) AS BIGINT) AS sum, \
     (SELECT coalesce(max(seq), 0) FROM \
     (SELECT max(seq) AS seq FROM device UNION ALL SELECT max(seq) FROM removed_device) AS last) AS seq FROM device",
);
const FORGOTTEN: Statement =
    Statement::both("SELECT value FROM setting WHERE name = 'removed_devices_forgotten'");

impl SiteStore {
    /// Returns the devices that changed after `after`, at most `limit` of them; from 0, all devices.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn device_changes(&self, after: u64, limit: u32) -> Result<DeviceChanges, DbError> {
        let rows = self.db.rows(&CHANGES, args![after, u64::from(limit) + 1]).await?;
        let limit = limit as usize;
        let mut changes = DeviceChanges { upto: after, more: rows.len() > limit, ..DeviceChanges::default() };
        for row in rows.iter().take(limit) {
            match row.opt_text("enrolment")? {
                Some(_) => changes.devices.push(DeviceRow::read(row)?),
                None => changes.removed.push(row.parsed("device")?),
            }
            changes.upto = row.unsigned("seq")?;
        }
        if !changes.more {
            let checksum = self.device_checksum().await?;
            // A change that came in between: the checksum is of another moment than the rows.
            changes.more = checksum.seq > changes.upto;
            changes.checksum = (!changes.more).then_some(checksum);
        }
        Ok(changes)
    }

    /// Returns the checksum of the site's devices.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn device_checksum(&self) -> Result<DeviceChecksum, DbError> {
        match self.db.row(&CHECKSUM, args![]).await? {
            Some(row) => Ok(DeviceChecksum {
                count: row.unsigned("count")?,
                sum: row.unsigned("sum")?,
                seq: row.unsigned("seq")?,
            }),
            None => Ok(DeviceChecksum::default()),
        }
    }

    /// Returns the number up to which removed devices have been forgotten: a reader that has not come that far must
    /// read all devices anew, and forget those that it does not meet.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn devices_forgotten(&self) -> Result<u64, DbError> {
        match self.db.row(&FORGOTTEN, args![]).await? {
            Some(row) => row.parsed("value"),
            None => Ok(0),
        }
    }
}
