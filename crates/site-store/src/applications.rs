//! How each application stands on each device, as the devices last said.

use action::{DeviceId, Timestamp};
use database::{Args, DbError, Statement, args, over_set};
use serde::Serialize;

use crate::SiteStore;

/// How an application stands on a device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApplicationRow {
    /// The application's name.
    pub application: String,
    /// The deployment's id.
    pub deployment: String,
    /// How it stands: a word such as `installed`.
    pub state: String,
    /// Why, where that needs words.
    pub detail: String,
    /// When the device found it so, by its own clock.
    pub at: Timestamp,
}

#[derive(Serialize)]
struct Written<'a> {
    a: &'a str,
    p: &'a str,
    s: &'a str,
    w: &'a str,
    t: i64,
}

const NEWER: Statement = Statement::both(
    "SELECT device.device AS device, (SELECT max(at) FROM device_application WHERE device_application.device = \
     device.device) AS at FROM device WHERE device.device = $1",
);
const CLEAR: Statement = Statement::both("DELETE FROM device_application WHERE device = $1");
const PUT: Statement = over_set!(
    (a TEXT, p TEXT, s TEXT, w TEXT, t BIGINT)
    "INSERT INTO device_application (device, application, deployment, state, detail, at, received) \
     SELECT $2, a, p, s, w, t, $3 FROM x"
);
const GET: Statement = Statement::both(
    "SELECT application, deployment, state, detail, at FROM device_application WHERE device = $1 \
     ORDER BY application",
);
const COUNTS: Statement = Statement::both(
    "SELECT application, state, count(*) AS devices FROM device_application GROUP BY application, state \
     ORDER BY application, state",
);

impl SiteStore {
    /// Stores how a device's applications stand, in place of what it said before; returns whether the device is known.
    /// A report that comes after a newer one changes nothing.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn put_applications(
        &self,
        device: DeviceId,
        rows: &[ApplicationRow],
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let Some(known) = transaction.row(&NEWER, args![device.to_string()]).await? else {
            return Ok(false);
        };
        let newest = rows.iter().map(|row| row.at.0).max();
        if let (Some(stored), Some(newest)) = (known.opt_int("at")?, newest)
            && newest <= stored
        {
            return Ok(true);
        }
        transaction.execute(&CLEAR, args![device.to_string()]).await?;
        let written: Vec<_> = rows
            .iter()
            .map(|row| Written {
                a: &row.application,
                p: &row.deployment,
                s: &row.state,
                w: &row.detail,
                t: row.at.0,
            })
            .collect();
        if !written.is_empty() {
            let args = Args::default().set(&written).with(device.to_string()).with(now.0);
            transaction.execute(&PUT, args).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns how a device's applications stand.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn applications(&self, device: DeviceId) -> Result<Vec<ApplicationRow>, DbError> {
        let rows = self.db.rows(&GET, args![device.to_string()]).await?;
        rows.iter()
            .map(|row| {
                Ok(ApplicationRow {
                    application: row.text("application")?.to_owned(),
                    deployment: row.text("deployment")?.to_owned(),
                    state: row.text("state")?.to_owned(),
                    detail: row.text("detail")?.to_owned(),
                    at: Timestamp(row.int("at")?),
                })
            })
            .collect()
    }

    /// Returns on how many devices each application stands how.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn application_counts(&self) -> Result<Vec<(String, String, u64)>, DbError> {
        let rows = self.db.rows(&COUNTS, args![]).await?;
        rows.iter()
            .map(|row| {
                let text = |column| row.text(column).map(str::to_owned);
                Ok((text("application")?, text("state")?, row.unsigned("devices")?))
            })
            .collect()
    }
}
