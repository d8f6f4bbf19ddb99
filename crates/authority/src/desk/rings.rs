//! Ring by ring: which devices of a push get it now, and which are held back.

use action::{DeviceId, Reason, TaskGuid, Timestamp};
use authority_link::{Results, RolloutPlan};

use super::{Desk, DeskError};
use crate::{
    rollout::Rollout,
    store::{AuditEntry, Store},
};

impl Desk {
    /// Returns the plan of an action and where its rollout stands after `results`, stored before it is acted on.
    pub(super) async fn rollout(
        &mut self,
        task_guid: TaskGuid,
        results: Option<Results>,
        now: Timestamp,
    ) -> Result<Option<(RolloutPlan, Rollout)>, DeskError> {
        let Some((plan, stood)) = self.store.rollout(task_guid).await? else { return Ok(None) };
        let stands = match results {
            Some(results) => stood.after(&plan, results, now),
            None => stood,
        };
        if stands != stood {
            let what = match stands.stopped {
                Some(_) => "rollout stopped".to_owned(),
                None => format!("ring {} of {} opened", stands.open + 1, plan.rings.len() + 1),
            };
            let results = results.unwrap_or_default();
            let entry = AuditEntry {
                at: now,
                who: "the site's rollout".to_owned(),
                what: what.clone(),
                subject: task_guid.to_string(),
                rule: format!("{} of {} done, {} failed", results.done, results.sent, results.failed),
                result: "done".to_owned(),
            };
            let mut change = self.store.begin().await?;
            Store::move_rollout(&mut change, task_guid, &stands).await?;
            Store::audit(&mut change, &entry).await?;
            change.commit().await?;
            self.log.about(task_guid).info(format_args!("By the rollout's plan: {what} ({}).", entry.rule));
        }
        Ok(Some((plan, stands)))
    }

    /// Returns why the rollout holds a device back; `None` where it does not.
    pub(super) fn held_back(
        &self,
        plan: &RolloutPlan,
        rollout: &Rollout,
        device: DeviceId,
    ) -> Option<Reason> {
        let ring = plan.rings.iter().position(|ring| self.site.holds(&ring.collection, device));
        let ring = u32::try_from(ring.unwrap_or(plan.rings.len())).unwrap_or(u32::MAX);
        rollout.holds_back(plan, ring)
    }
}
