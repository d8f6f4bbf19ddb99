//! What sites last told a person of a device, for the time in which the site's connector is away. Kept for each person:
//! what one may read, another may not.

use action::{DeviceId, TenantId, Timestamp, UserId};
use console_api::DeviceDetails;
use database::{DbError, Statement, args};

use super::Store;

const KEEP: Statement = Statement::both(
    "INSERT INTO device_answer (tenant, person, device, at, body) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant, person, device) DO UPDATE SET at = excluded.at, body = excluded.body",
);
const LAST: Statement =
    Statement::both("SELECT body FROM device_answer WHERE tenant = $1 AND person = $2 AND device = $3");
const FORGET: Statement =
    Statement::both("DELETE FROM device_answer WHERE tenant = $1 AND person = $2 AND device = $3");
const SWEEP: Statement = Statement::both("DELETE FROM device_answer WHERE at < $1");

impl Store {
    /// Keeps an answer of a site.
    pub(crate) async fn keep_answer(
        &self,
        tenant: TenantId,
        person: UserId,
        answer: &DeviceDetails,
    ) -> Result<(), DbError> {
        let body = serde_json::to_string(answer).unwrap_or_default();
        let arguments =
            args![tenant.to_string(), person.to_string(), answer.device.to_string(), answer.as_of.0, body];
        self.db.write(&KEEP, arguments).await.map(|_| ())
    }

    /// Returns what the site last told the person of the device.
    pub(crate) async fn last_answer(
        &self,
        tenant: TenantId,
        person: UserId,
        device: DeviceId,
    ) -> Result<Option<DeviceDetails>, DbError> {
        let arguments = args![tenant.to_string(), person.to_string(), device.to_string()];
        self.db.row(&LAST, arguments).await?.map(|row| row.json("body")).transpose()
    }

    /// Forgets what the person was told: the site says that they may not read it.
    pub(crate) async fn forget_answer(
        &self,
        tenant: TenantId,
        person: UserId,
        device: DeviceId,
    ) -> Result<(), DbError> {
        let arguments = args![tenant.to_string(), person.to_string(), device.to_string()];
        self.db.write(&FORGET, arguments).await.map(|_| ())
    }

    /// Forgets answers from before a moment.
    pub(crate) async fn forget_answers_before(&self, before: Timestamp) -> Result<u64, DbError> {
        self.db.write(&SWEEP, args![before.0]).await
    }
}
