//! What applying policy came to on each device.

use action::{DeviceId, Timestamp};
use database::{DbError, Statement, args};

use super::{
    put::{for_change, update},
    row::{ComplianceSummary, DeviceRow},
};
use crate::{
    SiteStore,
    counter::{Counter, take},
};

/// A report of compliance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compliance {
    /// The manifest's generation.
    pub generation: u64,
    /// When the run ended, by the device's clock.
    pub at: Timestamp,
    /// Resources in their desired state.
    pub compliant: u32,
    /// Resources in all.
    pub total: u32,
    /// The whole report, JSON.
    pub report_json: String,
}

/// The last report of a device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ComplianceRow {
    /// The manifest's generation.
    pub generation: u64,
    /// When the run ended, by the device's clock.
    pub at: Timestamp,
    /// When the site received it.
    pub received: Timestamp,
    /// The whole report, JSON.
    pub report_json: String,
}

const PUT: Statement = Statement::both(
    "INSERT INTO compliance (device, generation, at, received, report) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (device) DO UPDATE SET generation = excluded.generation, at = excluded.at, \
     received = excluded.received, report = excluded.report",
);
const GET: Statement =
    Statement::both("SELECT generation, at, received, report FROM compliance WHERE device = $1");

impl SiteStore {
    /// Stores a device's report; returns whether the device is known. A report that comes again, or after a newer
    /// one, changes nothing.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn put_compliance(
        &self,
        device: DeviceId,
        report: &Compliance,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let seq = take(&mut transaction, Counter::Device, 1).await?;
        let Some(known) = for_change(&mut transaction, device).await? else {
            return Ok(false);
        };
        if let Some(stored) = transaction.row(&GET, args![device.to_string()]).await? {
            let stored = (stored.unsigned("generation")?, stored.int("at")?);
            if (report.generation, report.at.0) <= stored {
                return Ok(true);
            }
        }
        let args =
            args![device.to_string(), report.generation, report.at.0, now.0, report.report_json.as_str()];
        let summary = ComplianceSummary { compliant: report.compliant, total: report.total, at: report.at };
        transaction.execute(&PUT, args).await?;
        update(&mut transaction, &DeviceRow { compliance: Some(summary), seq, ..known }).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns the last report of a device.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn compliance(&self, device: DeviceId) -> Result<Option<ComplianceRow>, DbError> {
        let Some(row) = self.db.row(&GET, args![device.to_string()]).await? else {
            return Ok(None);
        };
        Ok(Some(ComplianceRow {
            generation: row.unsigned("generation")?,
            at: Timestamp(row.int("at")?),
            received: Timestamp(row.int("received")?),
            report_json: row.text("report")?.to_owned(),
        }))
    }
}
