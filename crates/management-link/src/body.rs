//! The bodies of the calls, all JSON.

use action::{DeviceId, EnrolmentId, ResourceId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{ApplicationsReport, LogsPart};

/// A device asks to be admitted.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The join token's id.
    pub token: String,
    /// The join token's secret, base64url without padding. Never logged.
    pub secret: String,
    /// PKCS#10, PEM.
    pub csr: String,
    /// What the device says of itself.
    pub discovery: Discovery,
}

impl std::fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolRequest")
            .field("token", &self.token)
            .field("secret", &"…")
            .finish_non_exhaustive()
    }
}

/// A device asks for a new certificate.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct RenewRequest {
    /// PKCS#10, PEM.
    pub csr: String,
}

/// A device was admitted or renewed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct EnrolAnswer {
    /// The device.
    pub device: DeviceId,
    /// Its enrolment.
    pub enrolment: EnrolmentId,
    /// The site's number for it.
    pub resource: ResourceId,
    /// Its certificate and the CA's, PEM.
    pub chain: String,
    /// When the certificate ends.
    pub not_after: Timestamp,
    /// The site's trust document, signed.
    pub trust_document: String,
}

/// What a device reports. At most [`crate::LARGEST_BODY`] bytes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub enum StateMessage {
    /// Discovery data: what the device is.
    Discovery(Discovery),
    /// The outcome of applying policy.
    Compliance(ComplianceReport),
    /// How the applications that are deployed to the device stand.
    Applications(ApplicationsReport),
    /// A part of the agent's logs, which a task has asked for.
    Logs(LogsPart),
}

/// What a device says of itself.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Discovery {
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
    /// What people search by; absent from agents of earlier versions.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
}

/// What a device says of itself that people search by.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Who uses it.
    pub user: String,
    /// The machine's serial number.
    pub serial: String,
    /// Its network addresses, at most [`crate::MOST_DETAILS`].
    pub addresses: Vec<String>,
    /// What its owner marked it with, at most [`crate::MOST_DETAILS`].
    pub tags: Vec<String>,
}

impl Details {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What applying a device's policies came to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ComplianceReport {
    /// The manifest's generation.
    pub generation: u64,
    /// When the run ended, by the device's clock.
    pub at: Timestamp,
    /// The resources of the policies, at most [`crate::MOST_RESOURCES`].
    pub resources: Vec<ResourceReport>,
    /// Resources that found no room in the message.
    #[serde(default)]
    pub omitted: Omitted,
}

/// How many resources a report counts without naming them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Omitted {
    /// In the desired state already.
    pub compliant: u32,
    /// Brought there.
    pub changed: u32,
    /// Not brought there.
    pub failed: u32,
    /// Not tried.
    pub skipped: u32,
    /// Without a meaning on this device.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_applicable: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What became of one resource of a policy.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ResourceReport {
    /// The policy's name.
    pub policy: String,
    /// The resource's name in the document.
    pub resource: String,
    /// The resource's type, such as `Tenon.Linux/File`.
    pub kind: String,
    /// How it stands.
    pub status: ResourceStatus,
    /// What differed or failed; empty where nothing did.
    pub detail: String,
}

/// How a resource stands after a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceStatus {
    /// It was in the desired state already.
    Compliant,
    /// It was not, and was brought there.
    Changed,
    /// It could not be brought there.
    Failed,
    /// What it depends on failed.
    Skipped,
    /// It has no meaning on this device.
    NotApplicable,
}
