//! Enrolments that were replaced, and when devices were last heard of.

use action::{DeviceId, EnrolmentId, Timestamp};
use database::{DbError, Statement, Transaction, args};
use serde::Serialize;

use super::Store;

const FORMER: Statement = Statement::both("SELECT enrolment, changed FROM former_enrolment");
const PUT_FORMER: Statement = Statement::both(
    "INSERT INTO former_enrolment (enrolment, changed) VALUES ($1, $2) ON CONFLICT (enrolment) DO NOTHING",
);
const SEEN: Statement = Statement::split(
    "INSERT INTO device_seen (device, at) SELECT value ->> 'device', value ->> 'at' FROM json_each($1) WHERE true \
     ON CONFLICT (device) DO UPDATE SET at = excluded.at",
    "INSERT INTO device_seen (device, at) SELECT device, at FROM json_to_recordset($1::json) AS x (device text, at bigint) \
     ON CONFLICT (device) DO UPDATE SET at = excluded.at",
);
const UNSEEN: Statement = Statement::both(
    "SELECT device.device FROM device LEFT JOIN device_seen ON device_seen.device = device.device \
     WHERE device.revoked = 0 AND COALESCE(device_seen.at, device.enrolled_at) < $1 ORDER BY device.device LIMIT 1000",
);

#[derive(Serialize)]
struct SeenRow {
    device: DeviceId,
    at: i64,
}

impl Store {
    /// Returns the enrolments that were replaced, with the generation of revocations at which that was.
    pub(crate) async fn former_enrolments(&self) -> Result<Vec<(EnrolmentId, u64)>, DbError> {
        let rows = self.db.rows(&FORMER, args![]).await?;
        rows.iter().map(|row| Ok((row.parsed("enrolment")?, row.unsigned("changed")?))).collect()
    }

    /// Notes that an enrolment was replaced: its certificate stays refused.
    pub(crate) async fn put_former_enrolment(
        change: &mut Transaction,
        enrolment: EnrolmentId,
        changed: u64,
    ) -> Result<(), DbError> {
        change.execute(&PUT_FORMER, args![enrolment.to_string(), changed]).await.map(|_| ())
    }

    /// Notes when devices were last heard of.
    pub(crate) async fn put_seen(&self, seen: &[(DeviceId, Timestamp)]) -> Result<(), DbError> {
        let rows: Vec<_> = seen.iter().map(|(device, at)| SeenRow { device: *device, at: at.0 }).collect();
        self.db.write(&SEEN, args![].set(&rows)).await.map(|_| ())
    }

    /// Returns devices that are let in and were not heard of since `before`, at most 1,000.
    pub(crate) async fn unseen(&self, before: Timestamp) -> Result<Vec<DeviceId>, DbError> {
        self.db.rows(&UNSEEN, args![before.0]).await?.iter().map(|row| row.parsed("device")).collect()
    }
}
