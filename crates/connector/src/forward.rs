//! Turns what the authority allowed into a push message for the notification server.

use action::{Audited, ResourceId, Targets, TaskGuid};
use authority_link::{Allowed, ResolvedTarget};
use site_store::{Aim, Forward};

/// Makes the push message of an action.
pub(crate) fn message(task_guid: TaskGuid, allowed: &Allowed, audit: Option<Audited>) -> Forward {
    Forward {
        task_guid,
        task_id: allowed.task_id,
        kind: allowed.kind,
        param: allowed.param.clone(),
        clocks: allowed.clocks,
        offline: allowed.offline,
        aim: match allowed.targets {
            Targets::Devices { .. } => Aim::Devices,
            Targets::Collection { .. } => Aim::Collection,
        },
        rule: allowed.rule.clone(),
        audit,
    }
}

/// Returns the site's numbers of the targets, in the order of the numbers, as people read them.
pub(crate) fn resources(targets: &[ResolvedTarget]) -> Vec<ResourceId> {
    let mut resources: Vec<ResourceId> = targets.iter().map(|target| target.resource).collect();
    resources.sort_unstable();
    resources
}
