//! The part of a manifest that speaks of applications.

use std::collections::{BTreeMap, BTreeSet};

use action::DeviceId;
use authority_link::DeploymentIntent;
use proof::{Intent, ManifestDeployment, ManifestPolicy};

use super::{Desk, DeskError, document_hash};
use crate::store::StoredDeployment;

impl Desk {
    /// Returns a device's deployments, one for each application, and the applications that these and their documents
    /// name.
    pub(super) fn deployed(
        &self,
        device: DeviceId,
    ) -> Result<(Vec<ManifestPolicy>, Vec<ManifestDeployment>), DeskError> {
        let mut strongest: BTreeMap<&str, &StoredDeployment> = BTreeMap::new();
        for one in self.site.deployments.values() {
            if !self.site.holds(&one.collection, device) {
                continue;
            }
            let known = strongest.entry(&one.application).or_insert(one);
            if stronger(one, known) {
                *known = one;
            }
        }
        let mut open: Vec<&str> = strongest.keys().copied().collect();
        let mut named = BTreeSet::new();
        let mut applications = Vec::new();
        while let Some(name) = open.pop() {
            if !named.insert(name) {
                continue;
            }
            let Some(stored) = self.site.applications.get(name).filter(|stored| !stored.removed) else {
                continue;
            };
            open.extend(stored.names.iter().map(String::as_str));
            applications.push(ManifestPolicy {
                id: stored.id.clone(),
                name: stored.name.clone(),
                version: stored.version,
                sha256: document_hash(&stored.sha256, &stored.name)?,
                priority: 0,
                users: Vec::new(),
            });
        }
        applications.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        let deployments = strongest.into_values().map(|one| ManifestDeployment {
            id: one.id.clone(),
            application: one.application.clone(),
            intent: match one.intent {
                DeploymentIntent::Available => Intent::Available,
                DeploymentIntent::Required => Intent::Required,
                DeploymentIntent::Removed => Intent::Removed,
            },
            deadline: one.deadline,
        });
        Ok((applications, deployments.collect()))
    }
}

/// Of two deployments of one application, removal outweighs requirement and that availability; then the earlier
/// deadline, of which none is the earliest, and then the older deployment.
fn stronger(one: &StoredDeployment, than: &StoredDeployment) -> bool {
    let by = |deployment: &StoredDeployment| {
        let deadline = deployment.deadline.map_or(i64::MIN, |at| at.0);
        (std::cmp::Reverse(deployment.intent), deadline, deployment.id.clone())
    };
    by(one) < by(than)
}
