//! A device, as the store knows it.

use action::{DeviceId, EnrolmentId, ResourceId, Timestamp};
use database::{DbError, Row, Statement, args};
use serde::{Deserialize, Serialize};

use crate::SiteStore;

/// What a device says of itself. Not trusted: shown, and used by query collections.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeviceFacts {
    /// The host's name.
    pub name: String,
    /// The operating system, such as `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    /// The operating system's version, such as `12`.
    pub os_version: String,
    /// The processor's architecture, such as `x86_64`.
    pub architecture: String,
    /// The agent's version.
    pub client_version: String,
    /// A hash of the machine's id; the same for clones of one image.
    pub hardware: String,
    /// What people search by.
    pub details: DeviceDetails,
}

/// What a device says of itself that people search by.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct DeviceDetails {
    /// Who uses it.
    pub user: String,
    /// The machine's serial number.
    pub serial: String,
    /// Its network addresses.
    pub addresses: Vec<String>,
    /// What its owner marked it with.
    pub tags: Vec<String>,
}

impl DeviceDetails {
    /// Returns what the store keeps: nothing where it says nothing.
    pub(super) fn stored(&self) -> Option<String> {
        if *self == Self::default() { None } else { serde_json::to_string(self).ok() }
    }

    /// Returns the texts of the device's hash.
    fn texts(&self) -> Vec<String> {
        if *self == Self::default() {
            return Vec::new();
        }
        vec![self.user.clone(), self.serial.clone(), self.addresses.join(" "), self.tags.join(" ")]
    }
}

/// How far a device complies with its policies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ComplianceSummary {
    /// Resources in their desired state.
    pub compliant: u32,
    /// Resources in all.
    pub total: u32,
    /// When the device reported it, by its own clock.
    pub at: Timestamp,
}

/// A device of the site.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// Its newest enrolment.
    pub enrolment: EnrolmentId,
    /// The site's number for it.
    pub resource: ResourceId,
    /// What it says of itself.
    pub facts: DeviceFacts,
    /// When it enrolled first.
    pub enrolled: Timestamp,
    /// When it last said what it is.
    pub discovered: Timestamp,
    /// Whether it is connected.
    pub online: bool,
    /// When `online` last changed.
    pub online_changed: Timestamp,
    /// Compliance, where it has reported any.
    pub compliance: Option<ComplianceSummary>,
    /// The number of its last change that the console shows.
    pub seq: u64,
}

/// The columns that [`DeviceRow`] reads.
macro_rules! columns {
    () => {
        "device, enrolment, resource, name, os, os_version, architecture, client_version, hardware, enrolled, \
         discovered, online, online_changed, compliant, total, complied_at, seq, details"
    };
}
pub(super) use columns;

const ONE: Statement = Statement::both(concat!("SELECT ", columns!(), " FROM device WHERE device = $1"));
const PAGE: Statement = Statement::both(concat!(
    "SELECT ",
    columns!(),
    " FROM device WHERE device > $1 ORDER BY device LIMIT $2"
));
const COUNT: Statement = Statement::both(
    "SELECT count(*) AS devices, CAST(coalesce(sum(online), 0) AS BIGINT) AS online FROM device",
);

impl SiteStore {
    /// Returns a device.
    ///
    /// # Errors
    ///
    /// As every method of the store: where the database fails; [`DbError::is_transient`] says whether to try again.
    pub async fn device(&self, device: DeviceId) -> Result<Option<DeviceRow>, DbError> {
        self.db.row(&ONE, args![device.to_string()]).await?.as_ref().map(DeviceRow::read).transpose()
    }

    /// Returns a page of devices in the order of their ids.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn devices(&self, after: Option<DeviceId>, limit: u32) -> Result<Vec<DeviceRow>, DbError> {
        let after = after.map(|device| device.to_string()).unwrap_or_default();
        self.db.rows(&PAGE, args![after, limit]).await?.iter().map(DeviceRow::read).collect()
    }

    /// Returns how many devices there are, and how many of them are online.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn device_count(&self) -> Result<(u64, u64), DbError> {
        match self.db.row(&COUNT, args![]).await? {
            Some(row) => Ok((row.unsigned("devices")?, row.unsigned("online")?)),
            None => Ok((0, 0)),
        }
    }
}

impl DeviceRow {
    pub(super) fn read(row: &Row) -> Result<Self, DbError> {
        let text = |column| row.text(column).map(str::to_owned);
        Ok(Self {
            device: row.parsed("device")?,
            enrolment: row.parsed("enrolment")?,
            resource: ResourceId(row.unsigned("resource")?),
            facts: DeviceFacts {
                name: text("name")?,
                os: text("os")?,
                os_version: text("os_version")?,
                architecture: text("architecture")?,
                client_version: text("client_version")?,
                hardware: text("hardware")?,
                details: match row.opt_text("details")? {
                    Some(details) => serde_json::from_str(details).unwrap_or_default(),
                    None => DeviceDetails::default(),
                },
            },
            enrolled: Timestamp(row.int("enrolled")?),
            discovered: Timestamp(row.int("discovered")?),
            online: row.flag("online")?,
            online_changed: Timestamp(row.int("online_changed")?),
            compliance: match (row.opt_int("compliant")?, row.opt_int("total")?, row.opt_int("complied_at")?)
            {
                (Some(compliant), Some(total), Some(at)) => Some(ComplianceSummary {
                    compliant: u32::try_from(compliant).unwrap_or(u32::MAX),
                    total: u32::try_from(total).unwrap_or(u32::MAX),
                    at: Timestamp(at),
                }),
                _ => None,
            },
            seq: row.unsigned("seq")?,
        })
    }

    /// Returns the device's part of the site's checksum ([`crate::DeviceChecksum`]): FNV-1a (32 bits) of what the
    /// console shows, each text ended by a byte that no UTF-8 text holds; twice that while the device is online.
    ///
    /// That factor lets a database count devices in and out without reading their texts.
    pub fn hash(&self) -> u64 {
        u64::from(self.hash_of_facts()) * if self.online { 2 } else { 1 }
    }

    pub(super) fn hash_of_facts(&self) -> u32 {
        let facts = &self.facts;
        let compliance = self
            .compliance
            .map(|compliance| format!("{}/{} {}", compliance.compliant, compliance.total, compliance.at.0));
        [
            self.device.to_string().as_str(),
            self.resource.to_string().as_str(),
            &facts.name,
            &facts.os,
            &facts.os_version,
            &facts.architecture,
            &facts.client_version,
            self.enrolled.0.to_string().as_str(),
            compliance.as_deref().unwrap_or_default(),
        ]
        .into_iter()
        .chain(facts.details.texts().iter().map(String::as_str))
        .flat_map(|text| text.bytes().chain([0xff]))
        .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}
