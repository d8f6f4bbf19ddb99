//! Devices come, say what they are, and go.

use action::{DeviceId, EnrolmentId, ResourceId, Timestamp};
use database::{DbError, Statement, Transaction, args, locking};

use super::row::{DeviceFacts, DeviceRow, columns};
use crate::{
    SiteStore,
    counter::{Counter, take},
};

/// A device that the site authority has admitted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewDevice {
    /// The device.
    pub device: DeviceId,
    /// Its enrolment.
    pub enrolment: EnrolmentId,
    /// The site's number for it.
    pub resource: ResourceId,
    /// What it says of itself.
    pub facts: DeviceFacts,
}

const FOR_CHANGE: Statement = locking!(concat!("SELECT ", columns!(), " FROM device WHERE device = $1"));
const INSERT: Statement = Statement::both(
    "INSERT INTO device (device, enrolment, resource, name, os, os_version, architecture, client_version, hardware, \
     enrolled, discovered, online, online_changed, hash, seq, details) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 0, $10, $11, $12, $13)",
);
const UPDATE: Statement = Statement::both(
    "UPDATE device SET enrolment = $2, resource = $3, name = $4, os = $5, os_version = $6, architecture = $7, \
     client_version = $8, hardware = $9, discovered = $10, compliant = $11, total = $12, complied_at = $13, \
     hash = $14, seq = $15, details = $16 WHERE device = $1",
);
const DELETE: Statement = Statement::both("DELETE FROM device WHERE device = $1");
const REMOVED: Statement = Statement::both(
    "INSERT INTO removed_device (device, seq, at) VALUES ($1, $2, $3) \
     ON CONFLICT (device) DO UPDATE SET seq = excluded.seq, at = excluded.at",
);
const BACK: Statement = Statement::both("DELETE FROM removed_device WHERE device = $1");

impl SiteStore {
    /// Stores a device that was admitted, or its new enrolment. One commit.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn put_device(&self, new: &NewDevice, now: Timestamp) -> Result<(), DbError> {
        let mut transaction = self.db.begin().await?;
        let seq = take(&mut transaction, Counter::Device, 1).await?;
        match for_change(&mut transaction, new.device).await? {
            Some(known) => {
                let changed = DeviceRow {
                    enrolment: new.enrolment,
                    resource: new.resource,
                    facts: new.facts.clone(),
                    discovered: now,
                    seq,
                    ..known
                };
                update(&mut transaction, &changed).await?;
            }
            None => insert(&mut transaction, new, seq, now).await?,
        }
        transaction.commit().await
    }

    /// Stores what a device says of itself; returns whether the device is known. What says nothing new is stored
    /// only once a day, so that a fleet that repeats itself costs little.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn put_discovery(
        &self,
        device: DeviceId,
        facts: &DeviceFacts,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        /// How exactly "last seen" is kept for a device that says nothing new, in milliseconds: a day.
        const REPEAT: i64 = 24 * 60 * 60 * 1000;
        let mut transaction = self.db.begin().await?;
        let seq = take(&mut transaction, Counter::Device, 1).await?;
        let Some(known) = for_change(&mut transaction, device).await? else {
            return Ok(false);
        };
        if known.facts == *facts && now.0 - known.discovered.0 < REPEAT {
            return Ok(true);
        }
        let changed = DeviceRow { facts: facts.clone(), discovered: now, seq, ..known };
        update(&mut transaction, &changed).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Forgets a device; returns whether it was known. Its targets keep their state: who removes it ends before that what
    /// waits for it, and the clocks end what is on its way.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn remove_device(&self, device: DeviceId, now: Timestamp) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let seq = take(&mut transaction, Counter::Device, 1).await?;
        if transaction.execute(&DELETE, args![device.to_string()]).await? == 0 {
            return Ok(false);
        }
        transaction.execute(&REMOVED, args![device.to_string(), seq, now.0]).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

pub(super) async fn for_change(
    transaction: &mut Transaction,
    device: DeviceId,
) -> Result<Option<DeviceRow>, DbError> {
    transaction.row(&FOR_CHANGE, args![device.to_string()]).await?.as_ref().map(DeviceRow::read).transpose()
}

pub(super) async fn update(transaction: &mut Transaction, device: &DeviceRow) -> Result<(), DbError> {
    let facts = &device.facts;
    let compliance = device.compliance;
    let args = args![
        device.device.to_string(),
        device.enrolment.to_string(),
        device.resource.0,
        &facts.name,
        &facts.os,
        &facts.os_version,
        &facts.architecture,
        &facts.client_version,
        &facts.hardware,
        device.discovered.0,
        compliance.map(|compliance| compliance.compliant),
        compliance.map(|compliance| compliance.total),
        compliance.map(|compliance| compliance.at.0),
        device.hash_of_facts(),
        device.seq,
        facts.details.stored(),
    ];
    transaction.execute(&UPDATE, args).await.map(|_| ())
}

async fn insert(
    transaction: &mut Transaction,
    new: &NewDevice,
    seq: u64,
    now: Timestamp,
) -> Result<(), DbError> {
    let row = DeviceRow {
        device: new.device,
        enrolment: new.enrolment,
        resource: new.resource,
        facts: new.facts.clone(),
        enrolled: now,
        discovered: now,
        online: false,
        online_changed: now,
        compliance: None,
        seq,
    };
    let facts = &row.facts;
    let args = args![
        row.device.to_string(),
        row.enrolment.to_string(),
        row.resource.0,
        &facts.name,
        &facts.os,
        &facts.os_version,
        &facts.architecture,
        &facts.client_version,
        &facts.hardware,
        now.0,
        row.hash_of_facts(),
        seq,
        facts.details.stored(),
    ];
    transaction.execute(&INSERT, args).await?;
    transaction.execute(&BACK, args![new.device.to_string()]).await?;
    Ok(())
}
