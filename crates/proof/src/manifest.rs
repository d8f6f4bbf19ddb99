//! The manifest of a device: which policies it has. Documents are fetched by their hash from anywhere.

use action::{DeviceId, SiteId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Hash, NotSigned, SigningKey, TrustDocument, encoding::decimal, signed_text};

const WHAT: &str = "tenon/manifest/1";

/// What a device's policy is. A device refuses a generation lower than one that it has seen.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The site.
    pub site: SiteId,
    /// The device.
    pub device: DeviceId,
    /// Grows with every change of the device's policies.
    #[serde(with = "decimal")]
    pub generation: u64,
    /// When it was signed.
    pub issued_at: Timestamp,
    /// The policies, in the order in which they are applied.
    pub policies: Vec<ManifestPolicy>,
    /// The applications that its deployments name, and those that these depend on or supersede.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<ManifestPolicy>,
    /// What is to become of applications on the device; one deployment for each application at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<ManifestDeployment>,
}

/// What is to become of an application on a device.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestDeployment {
    /// The deployment's id.
    pub id: String,
    /// The application's name.
    pub application: String,
    /// What is to become of it.
    pub intent: Intent,
    /// When it must have become so; at once where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// What a deployment wants of its application.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// It may be installed when somebody asks for it.
    Available,
    /// It must be installed.
    Required,
    /// It must not be there.
    Removed,
}

/// A document that a device is given: a policy or an application.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPolicy {
    /// The policy's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(with = "decimal")]
    pub version: u64,
    /// SHA-256 of its document.
    pub sha256: Hash,
    /// Of policies that describe one thing differently, the one of the highest priority stands.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u32,
    /// The accounts that it is applied as, `*` for everyone who is logged on; empty: the device itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
}

fn is_zero(priority: &u32) -> bool {
    *priority == 0
}

impl Manifest {
    /// Signs the manifest with the policy key; returns the text that is sent.
    pub fn sign(&self, key: &SigningKey) -> String {
        signed_text::sign(WHAT, self, key)
    }

    /// Verifies a text with the policy keys of the trust document.
    ///
    /// # Errors
    ///
    /// Says that it is no signed manifest, or not of this site and device.
    pub fn verify(text: &str, trust: &TrustDocument, device: DeviceId) -> Result<Self, NotSigned> {
        let manifest: Self = signed_text::verify(WHAT, text, &trust.policy_keys)?;
        if manifest.site != trust.site {
            return Err(NotSigned::OtherReader("site"));
        }
        if manifest.device != device {
            return Err(NotSigned::OtherReader("device"));
        }
        Ok(manifest)
    }
}
