//! What the two ends say to each other once the handshake is done: JSON, members of later versions skipped.

use action::{DeviceId, Entry, ResourceId, TaskGuid, Timestamp, UserId};
use proof::witness;
use serde::{Deserialize, Serialize};

use crate::{Answer, Message, Question};

/// What the console says to a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToSite {
    /// A person asks for an action. Sent again on each connection until the site's `Receipt`.
    Request {
        /// The action, as the console knows it; it must be the id in the request. Receipts and refusals name it even
        /// where the request cannot be read.
        task_guid: TaskGuid,
        /// The request's bytes (`proof::request::Sent`), base64. The site treats them as opaque until
        /// the authority has verified them.
        request: String,
        /// The person, as the console signed them in; what a signed request says of them, it says itself.
        user: UserId,
        /// The person's sign-in name.
        user_name: String,
    },
    /// A person withdraws an action.
    Cancel {
        /// The action.
        task_guid: TaskGuid,
        /// The person's sign-in name.
        user_name: String,
    },
    /// The console has committed all events up to this number; the site may forget them. Also the first thing on a
    /// link: the site goes on from there.
    EventsStored {
        /// The highest `Events::upto` that is committed.
        upto: u64,
    },
    /// The console has committed a device batch. Also at the beginning of a link: the site goes on from there, with all
    /// devices where it is 0.
    DevicesStored {
        /// The batch's `seq`.
        seq: u64,
    },
    /// The console's devices differ from the site's checksum: send all of them.
    ResyncDevices,
    /// A person waits for the answer: `Answer` with the same number.
    Ask {
        /// The console's number for the question, new on each link.
        number: u64,
        /// What is asked.
        question: Question,
    },
    /// The tenant's audit as hashes, for the site to keep: the answer to `AuditWanted`.
    Audit(Box<witness::Page>),
    /// The console ends the attachment, or confirms that the site has; the site forgets the console.
    Offboard,
    /// Sent when nothing else was for [`crate`]'s heartbeat interval.
    Heartbeat {
        /// The console's clock.
        at: Timestamp,
    },
    /// A message of a later version. It is skipped.
    #[serde(other)]
    Unknown,
}

impl Message for ToSite {
    fn heartbeat(at: Timestamp) -> Self {
        ToSite::Heartbeat { at }
    }

    fn entries(&self) -> usize {
        match self {
            ToSite::Audit(page) => page.entries.len(),
            ToSite::Request { .. }
            | ToSite::Cancel { .. }
            | ToSite::EventsStored { .. }
            | ToSite::DevicesStored { .. }
            | ToSite::ResyncDevices
            | ToSite::Ask { .. }
            | ToSite::Offboard
            | ToSite::Heartbeat { .. }
            | ToSite::Unknown => 1,
        }
    }

    fn is_batch(&self) -> bool {
        matches!(self, ToSite::Audit(_))
    }
}

/// What a site says to its console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToConsole {
    /// The site has committed the request.
    Receipt {
        /// The action.
        task_guid: TaskGuid,
    },
    /// What the site's hops report, in the order of their numbers; sent again until `EventsStored`.
    Events {
        /// The number of the last entry of this batch.
        upto: u64,
        /// At most [`crate::BATCH`] entries.
        entries: Vec<Entry>,
    },
    /// Devices: all of them, in batches, or those that changed.
    Devices(DeviceBatch),
    /// Names and counts of the site's collections, policies and roles.
    Mirror {
        /// The whole mirror, JSON (`authority_link::Mirror`); the console stores and shows it.
        mirror: serde_json::Value,
    },
    /// The site's newest nonce, for those who sign requests. Once a minute.
    Nonce {
        /// `proof::SiteNonce` as text.
        nonce: String,
    },
    /// The answer to `Ask`.
    Answer {
        /// The number of the question.
        number: u64,
        /// What is answered.
        answer: Answer,
    },
    /// The site keeps the hashes of the tenant's audit, and wants those behind an entry: `Audit`.
    AuditWanted {
        /// The entry's number.
        after: u64,
    },
    /// The site ends the attachment; the console marks it so, answers with its own `Offboard` and closes.
    Offboard,
    /// Sent when nothing else was for the heartbeat interval.
    Heartbeat {
        /// The site's clock.
        at: Timestamp,
    },
    /// A message of a later version. It is skipped.
    #[serde(other)]
    Unknown,
}

impl Message for ToConsole {
    fn heartbeat(at: Timestamp) -> Self {
        ToConsole::Heartbeat { at }
    }

    fn entries(&self) -> usize {
        match self {
            ToConsole::Events { entries, .. } => entries.len(),
            ToConsole::Devices(batch) => batch.devices.len() + batch.removed.len(),
            ToConsole::Receipt { .. }
            | ToConsole::Mirror { .. }
            | ToConsole::Nonce { .. }
            | ToConsole::Answer { .. }
            | ToConsole::AuditWanted { .. }
            | ToConsole::Offboard
            | ToConsole::Heartbeat { .. }
            | ToConsole::Unknown => 1,
        }
    }

    fn is_batch(&self) -> bool {
        match self {
            ToConsole::Events { .. }
            | ToConsole::Devices(_)
            | ToConsole::Mirror { .. }
            | ToConsole::Answer { .. } => true,
            ToConsole::Receipt { .. }
            | ToConsole::Nonce { .. }
            | ToConsole::AuditWanted { .. }
            | ToConsole::Offboard
            | ToConsole::Heartbeat { .. }
            | ToConsole::Unknown => false,
        }
    }
}

/// A batch of devices on their way up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceBatch {
    /// The change number up to which this batch brings the console.
    pub seq: u64,
    /// Whether this batch is part of all devices or of changes.
    pub part: Part,
    /// Devices that are new or have changed; at most [`crate::BATCH`].
    pub devices: Vec<Device>,
    /// Devices that the site no longer has.
    pub removed: Vec<DeviceId>,
    /// What the console's devices of this site must sum up to once the batch is stored; in the last batch only.
    pub checksum: Option<Checksum>,
}

/// Which part of an upload a batch is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The first batch of all devices: the console forgets, when `FullEnd` is stored, what no batch since named.
    FullStart,
    /// A batch in the middle of all devices.
    Full,
    /// The last batch of all devices. A site that fits one batch sends only this, after an empty `FullStart`.
    FullEnd,
    /// Changes since the batch before.
    Changes,
}

/// The count of a site's devices, and the sum of their hashes ([`Device::hash`]).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Checksum {
    /// How many devices.
    pub count: u64,
    /// The sum of the devices' hashes.
    pub sum: u64,
}

/// A device as the console shows it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// The device.
    pub id: DeviceId,
    /// The site's number for it.
    pub resource: ResourceId,
    /// Its name.
    pub name: String,
    /// Its operating system.
    pub os: String,
    /// The operating system's version.
    pub os_version: String,
    /// The processor's architecture.
    pub architecture: String,
    /// The agent's version.
    pub client_version: String,
    /// Whether it is connected, as of `online_changed`.
    pub online: bool,
    /// When `online` last changed.
    pub online_changed: Timestamp,
    /// When it enrolled.
    pub enrolled: Timestamp,
    /// Policy compliance, where it has reported any: how many resources are in the desired state, of how many.
    pub compliance: Option<Compliance>,
    /// What else it says of itself; absent from sites of earlier versions.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
    /// The number of the device's last change at the site, which only grows. No part of the hash.
    #[serde(default)]
    pub generation: u64,
    /// When the management point last heard from it. No part of the hash: it changes without news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovered: Option<Timestamp>,
}

/// What a device says of itself that people search by. Not trusted.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Who uses it.
    pub user: String,
    /// The machine's serial number.
    pub serial: String,
    /// Its network addresses.
    pub addresses: Vec<String>,
    /// What its owner marked it with.
    pub tags: Vec<String>,
}

impl Details {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the texts that the device's hash holds: none where it says nothing, as before there were details.
    fn texts(&self) -> Vec<String> {
        if self.is_empty() {
            return Vec::new();
        }
        vec![self.user.clone(), self.serial.clone(), self.addresses.join(" "), self.tags.join(" ")]
    }
}

impl Device {
    /// Returns the device's part of [`Checksum::sum`]: FNV-1a (32 bits) of what the console shows, each text ended by
    /// the byte 0xff, which no UTF-8 text holds; twice that while the device is online. Details follow where there are any.
    ///
    /// That factor lets both ends count devices in and out without reading their texts.
    pub fn hash(&self) -> u64 {
        let compliance = self.compliance.as_ref().map_or_else(String::new, |compliance| {
            format!("{}/{} {}", compliance.compliant, compliance.total, compliance.at.0)
        });
        let (id, resource, enrolled) =
            (self.id.to_string(), self.resource.to_string(), self.enrolled.0.to_string());
        let texts: [&str; 9] = [
            &id,
            &resource,
            &self.name,
            &self.os,
            &self.os_version,
            &self.architecture,
            &self.client_version,
            &enrolled,
            &compliance,
        ];
        let details = self.details.texts();
        let hash = texts
            .into_iter()
            .chain(details.iter().map(String::as_str))
            .flat_map(|text| text.bytes().chain([0xff]))
            .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        u64::from(hash) * if self.online { 2 } else { 1 }
    }
}

/// A device's compliance with its policies.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Compliance {
    /// Resources in their desired state.
    pub compliant: u32,
    /// Resources in all.
    pub total: u32,
    /// When the device reported it.
    pub at: Timestamp,
}
