//! Who is connected, and to which notification server.

use std::collections::BTreeMap;

use action::{DeviceId, Timestamp};
use database::{DbError, Row, Statement, Transaction, args, over_list, over_set};
use serde::Serialize;

use crate::{
    SiteStore,
    counter::{Counter, take},
};

/// A device as it stands before a change.
struct Known {
    device: DeviceId,
    online: bool,
    /// Whether the server that reports is the one that the device is connected to.
    here: bool,
}

/// A change to be written.
#[derive(Serialize)]
struct Change {
    d: String,
    o: u8,
    q: u64,
    /// 0 where the device only moved between servers, which the console does not show.
    c: u8,
}

const KNOWN: Statement = over_list!(
    "SELECT device, online, CASE WHEN server = $2 THEN 1 ELSE 0 END AS here FROM device \
     WHERE device IN (SELECT v FROM x)"
);
const HERE: Statement =
    Statement::both("SELECT device, online, 1 AS here FROM device WHERE server = $1 AND online = 1");
const WRITE: Statement = over_set!(
    (d TEXT, o BIGINT, q BIGINT, c BIGINT)
    "UPDATE device SET online = x.o, server = $2, \
     online_changed = CASE WHEN x.c = 1 THEN $3 ELSE online_changed END, \
     seq = CASE WHEN x.c = 1 THEN x.q ELSE seq END \
     FROM x WHERE device.device = x.d"
);

impl SiteStore {
    /// Stores who came to a notification server and who left it, in the order in which it happened. Who left one
    /// server after coming to another stays online. Returns how many devices changed; one commit where any did.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn set_online(
        &self,
        server: &str,
        changes: &[(DeviceId, bool)],
        now: Timestamp,
    ) -> Result<u64, DbError> {
        let wanted: BTreeMap<DeviceId, bool> = changes.iter().copied().collect();
        if wanted.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.db.begin().await?;
        let first = take(&mut transaction, Counter::Device, wanted.len()).await?;
        let known = known(&mut transaction, server, wanted.keys()).await?;
        let changes = plan(&known, &wanted, first);
        write(transaction, server, &changes, now).await
    }

    /// Makes the devices given, and no others, those that are online at a notification server: after its start, and
    /// whenever it is not sure. Returns how many devices changed; one commit where any did.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn resync_online(
        &self,
        server: &str,
        online: &[DeviceId],
        now: Timestamp,
    ) -> Result<u64, DbError> {
        let mut wanted: BTreeMap<DeviceId, bool> = online.iter().map(|device| (*device, true)).collect();
        let mut transaction = self.db.begin().await?;
        // Taken before anything is read, so that nobody changes a device in between; the count is a bound.
        let first = take(&mut transaction, Counter::Device, 0).await?;
        let here = transaction.rows(&HERE, args![server]).await?;
        for row in &here {
            wanted.entry(row.parsed("device")?).or_insert(false);
        }
        take(&mut transaction, Counter::Device, wanted.len()).await?;
        let known = known(&mut transaction, server, wanted.keys()).await?;
        let changes = plan(&known, &wanted, first);
        write(transaction, server, &changes, now).await
    }
}

async fn known<'set>(
    transaction: &mut Transaction,
    server: &str,
    devices: impl Iterator<Item = &'set DeviceId>,
) -> Result<Vec<Known>, DbError> {
    let devices: Vec<String> = devices.map(DeviceId::to_string).collect();
    let rows = transaction.rows(&KNOWN, database::Args::default().set(&devices).with(server)).await?;
    let read = |row: &Row| -> Result<Known, DbError> {
        Ok(Known { device: row.parsed("device")?, online: row.flag("online")?, here: row.flag("here")? })
    };
    rows.iter().map(read).collect()
}

/// Decides what to write; the numbers of the changes start at `first`.
fn plan(known: &[Known], wanted: &BTreeMap<DeviceId, bool>, first: u64) -> Vec<Change> {
    let mut changes = Vec::new();
    for Known { device, online, here } in known {
        let Some(&wanted) = wanted.get(device) else {
            continue;
        };
        let shown = match (online, wanted, here) {
            (false, true, _) | (true, false, true) => 1,
            (true, true, false) => 0,
            // Nothing new, or the device has since come to another server.
            (true, true, true) | (false, false, _) | (true, false, false) => continue,
        };
        let q = first + changes.len() as u64;
        changes.push(Change { d: device.to_string(), o: wanted.into(), q, c: shown });
    }
    changes
}

async fn write(
    mut transaction: Transaction,
    server: &str,
    changes: &[Change],
    now: Timestamp,
) -> Result<u64, DbError> {
    if changes.is_empty() {
        return Ok(0);
    }
    let args = database::Args::default().set(changes).with(server).with(now.0);
    let touched = transaction.execute(&WRITE, args).await?;
    transaction.commit().await?;
    Ok(touched)
}
