//! Rollout plans of collections.

use action::Timestamp;
use authority_link::{OwnerAnswer, RolloutEntry, RolloutPlan, Then};

use super::{Desk, DeskError, not_valid, record};
use crate::store::Store;

/// The most rings of a plan: each waits for the one before.
const MOST_RINGS: usize = 10;
/// The longest wait between two rings, in seconds: a week. An action lives a day unless it is told otherwise.
const LONGEST_WAIT: u64 = 7 * 24 * 3600;

impl Desk {
    pub(super) async fn put_rollout(
        &mut self,
        collection: &str,
        mut plan: RolloutPlan,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let id = match self.one_collection(collection) {
            Ok(id) => id,
            Err(problem) => return Ok(problem),
        };
        if plan.rings.is_empty() || plan.rings.len() > MOST_RINGS || plan.stop_above_percent > 100 {
            let what =
                format!("a rollout has 1 to {MOST_RINGS} rings, and stops above 0 to 100 % of failures");
            return Ok(not_valid(what, "choose other numbers"));
        }
        for ring in &mut plan.rings {
            ring.collection = match self.one_collection(&ring.collection) {
                Ok(id) => id,
                Err(problem) => return Ok(problem),
            };
            let fits = match ring.then {
                Then::After { seconds } => seconds <= LONGEST_WAIT,
                Then::Done { percent } => (1..=100).contains(&percent),
            };
            if !fits {
                let what = "a ring opens after at most 7 days, or when 1 to 100 % have done it";
                return Ok(not_valid(what, "choose another number"));
            }
        }
        let mut change = self.store.begin().await?;
        Store::put_rollout_plan(&mut change, &id, &plan).await?;
        let generation = record(&mut change, now, "rollout put", &id).await?;
        change.commit().await?;
        self.site.rollouts.insert(id, plan);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) async fn remove_rollout(
        &mut self,
        collection: &str,
        now: Timestamp,
    ) -> Result<OwnerAnswer, DeskError> {
        let id = match self.one_collection(collection) {
            Ok(id) => id,
            Err(problem) => return Ok(problem),
        };
        let mut change = self.store.begin().await?;
        if !Store::remove_rollout_plan(&mut change, &id).await? {
            let what = format!("the collection {id} has no rollout");
            return Ok(not_valid(what, "look it up: `tenon collection rollouts`"));
        }
        let generation = record(&mut change, now, "rollout removed", &id).await?;
        change.commit().await?;
        self.site.rollouts.remove(&id);
        self.site.generation = generation;
        Ok(OwnerAnswer::Done)
    }

    pub(super) fn list_rollouts(&self) -> OwnerAnswer {
        let rollouts = self.site.rollouts.iter().map(|(collection, plan)| RolloutEntry {
            collection: collection.clone(),
            name: self.collection_name(collection),
            plan: plan.clone(),
        });
        OwnerAnswer::Rollouts { rollouts: rollouts.collect() }
    }

    fn one_collection(&self, wanted: &str) -> Result<String, OwnerAnswer> {
        let ids = self.collection_ids(&[wanted.to_owned()])?;
        Ok(ids.into_iter().next().unwrap_or_default())
    }
}
