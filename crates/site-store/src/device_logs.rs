//! The logs of agents that tasks have asked for, in parts. Bounded: what is not asked for is not taken, and what is old or
//! too much goes.

use action::{ActionKind, DeviceId, TaskGuid, Timestamp};
use database::{DbError, Row, Statement, args};

use crate::SiteStore;

/// A part of a device's logs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogPart {
    /// The action that asked for it.
    pub task_guid: TaskGuid,
    /// Which part it is, from 0.
    pub number: u32,
    /// How many there are.
    pub parts: u32,
    /// The file's name.
    pub file: String,
    /// Lines of the file.
    pub text: String,
    /// When they were read, by the device's clock.
    pub at: Timestamp,
}

/// What became of a part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogPut {
    /// It is stored.
    Stored,
    /// No task has asked this device for logs under that id.
    NotAsked,
    /// The device is not known.
    DeviceUnknown,
}

/// The logs that one action has brought of a device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogCollection {
    /// The action.
    pub task_guid: TaskGuid,
    /// When they were read, by the device's clock.
    pub at: Timestamp,
    /// When the last part came.
    pub received: Timestamp,
    /// How many parts there are in all.
    pub parts: u32,
    /// How many of them are here.
    pub stored: u32,
    /// Their bytes.
    pub bytes: u64,
}

const KNOWN: Statement = Statement::both("SELECT device FROM device WHERE device = $1");
const ASKED: Statement = Statement::both(
    "SELECT push_message.number AS number FROM push_message JOIN push_task ON push_task.task_id = push_message.task_id \
     WHERE push_message.task_guid = $1 AND push_message.kind = $2 AND push_task.device = $3",
);
const PUT: Statement = Statement::both(
    "INSERT INTO device_log (device, task_guid, number, parts, file, text, size, at, received) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (device, task_guid, number) DO UPDATE SET \
     parts = excluded.parts, file = excluded.file, text = excluded.text, size = excluded.size, at = excluded.at, \
     received = excluded.received",
);
/// All but the newest parts that fit the bound.
const EXCESS: Statement = Statement::both(
    "DELETE FROM device_log WHERE (device, task_guid, number) IN (SELECT device, task_guid, number FROM \
     (SELECT device, task_guid, number, sum(size) OVER (ORDER BY received DESC, device, task_guid, number DESC) \
     AS bytes FROM device_log) AS newest WHERE bytes > $1)",
);
const BYTES: Statement =
    Statement::both("SELECT CAST(coalesce(sum(size), 0) AS BIGINT) AS bytes FROM device_log");
const COLLECTIONS: Statement = Statement::both(
    "SELECT task_guid, max(at) AS at, max(received) AS received, max(parts) AS parts, count(*) AS stored, \
     CAST(sum(size) AS BIGINT) AS bytes FROM device_log WHERE device = $1 GROUP BY task_guid ORDER BY max(received) DESC, task_guid",
);
const PARTS: Statement = Statement::both(
    "SELECT number, parts, file, text, at FROM device_log WHERE device = $1 AND task_guid = $2 AND number >= $3 \
     ORDER BY number LIMIT $4",
);
const OLD: Statement = Statement::both("DELETE FROM device_log WHERE received < $1");

impl SiteStore {
    /// Stores a part of a device's logs where a task has asked for it; one that comes again takes its own place. Beyond
    /// `most` bytes of all devices together, the oldest parts go.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn put_log(
        &self,
        device: DeviceId,
        part: &LogPart,
        most: u64,
        now: Timestamp,
    ) -> Result<LogPut, DbError> {
        let mut transaction = self.db.begin().await?;
        if transaction.row(&KNOWN, args![device.to_string()]).await?.is_none() {
            return Ok(LogPut::DeviceUnknown);
        }
        let task_guid = part.task_guid.to_string();
        let asked = args![task_guid.clone(), ActionKind::COLLECT_LOGS.0, device.to_string()];
        if transaction.row(&ASKED, asked).await?.is_none() {
            return Ok(LogPut::NotAsked);
        }
        let size = u64::try_from(part.text.len()).unwrap_or(u64::MAX);
        let args = args![
            device.to_string(),
            task_guid,
            part.number,
            part.parts,
            part.file.as_str(),
            part.text.as_str(),
            size,
            part.at.0,
            now.0
        ];
        transaction.execute(&PUT, args).await?;
        let bytes = transaction.row(&BYTES, args![]).await?.map_or(Ok(0), |row| row.unsigned("bytes"))?;
        if bytes > most {
            // A tenth more than must go, so that this is not done for each part.
            transaction.execute(&EXCESS, args![most - most / 10]).await?;
        }
        transaction.commit().await?;
        Ok(LogPut::Stored)
    }

    /// Returns what logs of a device are here, the newest first.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn log_collections(&self, device: DeviceId) -> Result<Vec<LogCollection>, DbError> {
        let rows = self.db.rows(&COLLECTIONS, args![device.to_string()]).await?;
        rows.iter()
            .map(|row| {
                Ok(LogCollection {
                    task_guid: row.parsed("task_guid")?,
                    at: Timestamp(row.int("at")?),
                    received: Timestamp(row.int("received")?),
                    parts: number(row, "parts")?,
                    stored: number(row, "stored")?,
                    bytes: row.unsigned("bytes")?,
                })
            })
            .collect()
    }

    /// Returns parts of a device's logs, from a number on.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn log_parts(
        &self,
        device: DeviceId,
        task_guid: TaskGuid,
        from: u32,
        most: u32,
    ) -> Result<Vec<LogPart>, DbError> {
        let args = args![device.to_string(), task_guid.to_string(), from, most];
        let rows = self.db.rows(&PARTS, args).await?;
        rows.iter()
            .map(|row| {
                Ok(LogPart {
                    task_guid,
                    number: number(row, "number")?,
                    parts: number(row, "parts")?,
                    file: row.text("file")?.to_owned(),
                    text: row.text("text")?.to_owned(),
                    at: Timestamp(row.int("at")?),
                })
            })
            .collect()
    }

    /// Removes what came before a moment.
    pub(crate) async fn forget_logs(&self, before: Timestamp) -> Result<u64, DbError> {
        self.db.write(&OLD, args![before.0]).await
    }
}

fn number(row: &Row, column: &str) -> Result<u32, DbError> {
    row.unsigned(column).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}
