//! Manifests: which policies and applications a device has, signed for it.

mod applications;

use action::{DeviceId, Timestamp};
use authority_link::Answer;
use proof::{Hash, Manifest, ManifestPolicy};

use super::{Desk, DeskError};

impl Desk {
    /// Signs the manifest of a device.
    pub(super) fn manifest(&self, device: DeviceId, now: Timestamp) -> Result<Answer, DeskError> {
        if self.site.device(device).is_none() {
            return Ok(Answer::Denied { reason: format!("the device {device} is unknown or revoked") });
        }
        let mut policies = Vec::new();
        for policy in self.site.policies.values().filter(|policy| !policy.removed) {
            if !policy.collections.iter().any(|collection| self.site.holds(collection, device)) {
                continue;
            }
            let sha256 = document_hash(&policy.sha256, &policy.name)?;
            policies.push(ManifestPolicy {
                id: policy.id.clone(),
                name: policy.name.clone(),
                version: policy.version,
                sha256,
                priority: policy.priority,
                users: policy.users.clone(),
            });
        }
        let generation = self.site.generation;
        let (applications, deployments) = self.deployed(device)?;
        let site = self.keys.site;
        let manifest =
            Manifest { site, device, generation, issued_at: now, policies, applications, deployments };
        Ok(Answer::Manifest { manifest: manifest.sign(&self.keys.policy) })
    }

    /// Returns a policy document by its hash.
    pub(super) async fn document(&self, sha256: &str) -> Result<Answer, DeskError> {
        Ok(match self.store.document(sha256).await? {
            Some(document) => Answer::Document { document },
            None => Answer::Denied { reason: format!("there is no document {sha256}") },
        })
    }
}

fn document_hash(sha256: &str, name: &str) -> Result<Hash, DeskError> {
    sha256.parse().map_err(|_| DeskError::NotPossible(format!("the document of `{name}` is damaged")))
}
