//! Devices: who was admitted, under which enrolment, and what they say of themselves.

use action::{DeviceId, EnrolmentId, ResourceId, Timestamp};
use authority_link::{Facts, Standing};
use database::{DbError, Statement, Transaction, args};
use serde::Serialize;

use super::Store;

/// A device, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredDevice {
    /// The device.
    pub(crate) device: DeviceId,
    /// Its newest enrolment.
    pub(crate) enrolment: EnrolmentId,
    /// The site's number for it.
    pub(crate) resource: ResourceId,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), hexadecimal.
    pub(crate) key_sha256: String,
    /// The serial number of its newest certificate, hexadecimal.
    pub(crate) serial: String,
    /// What it says of itself.
    pub(crate) facts: Facts,
    /// Whether it is refused from now on.
    pub(crate) revoked: bool,
    /// Where it stands; only one that is active is not refused.
    pub(crate) standing: Standing,
    /// The generation of revocations at which `revoked` last changed; 0 where it never did.
    pub(crate) changed: u64,
    /// When it enrolled.
    pub(crate) enrolled_at: Timestamp,
}

const ALL: Statement = Statement::both(
    "SELECT device, enrolment, resource, key_sha256, serial, facts, revoked, changed, enrolled_at, standing FROM device",
);
const PUT: Statement = Statement::both(
    "INSERT INTO device (device, enrolment, resource, key_sha256, serial, facts, revoked, changed, enrolled_at, \
     standing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (device) DO UPDATE SET enrolment = excluded.enrolment, \
     key_sha256 = excluded.key_sha256, serial = excluded.serial, facts = excluded.facts, revoked = excluded.revoked, \
     changed = excluded.changed, standing = excluded.standing",
);
// Both engines walk what is given and look each device up: the reverse would read all that is given for each device.
const PUT_FACTS: Statement = Statement::split(
    "UPDATE device SET facts = given.facts FROM (SELECT json_extract(value, '$.device') AS device, \
     json_extract(value, '$.facts') AS facts FROM json_each($1)) AS given WHERE device.device = given.device",
    "UPDATE device SET facts = given.facts FROM json_to_recordset($1::json) AS given(device text, facts text) \
     WHERE device.device = given.device",
);

#[derive(Serialize)]
struct FactsRow {
    device: DeviceId,
    facts: String,
}

impl Store {
    /// Returns all devices.
    pub(crate) async fn devices(&self) -> Result<Vec<StoredDevice>, DbError> {
        let rows = self.db.rows(&ALL, args![]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredDevice {
                    device: row.parsed("device")?,
                    enrolment: row.parsed("enrolment")?,
                    resource: ResourceId(row.unsigned("resource")?),
                    key_sha256: row.text("key_sha256")?.to_owned(),
                    serial: row.text("serial")?.to_owned(),
                    facts: row.json("facts")?,
                    revoked: row.flag("revoked")?,
                    changed: row.unsigned("changed")?,
                    enrolled_at: Timestamp(row.int("enrolled_at")?),
                    standing: row.json("standing")?,
                })
            })
            .collect()
    }

    /// Stores a device, or what changed of it.
    pub(crate) async fn put_device(change: &mut Transaction, device: &StoredDevice) -> Result<(), DbError> {
        let arguments = args![
            device.device.to_string(),
            device.enrolment.to_string(),
            device.resource.0,
            device.key_sha256.as_str(),
            device.serial.as_str(),
            json(&device.facts),
            device.revoked,
            device.changed,
            device.enrolled_at.0,
            json(&device.standing),
        ];
        change.execute(&PUT, arguments).await?;
        Ok(())
    }

    /// Stores what devices say of themselves; devices that are not there are left out.
    pub(crate) async fn put_facts(
        change: &mut Transaction,
        facts: &[(DeviceId, Facts)],
    ) -> Result<(), DbError> {
        let rows: Vec<_> =
            facts.iter().map(|(device, facts)| FactsRow { device: *device, facts: json(facts) }).collect();
        change.execute(&PUT_FACTS, args![].set(&rows)).await?;
        Ok(())
    }
}

/// Writes a structure of texts and numbers, which cannot fail.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
