//! Rollouts: the plans of collections, and where the rollout of each action stands.

use action::{TaskGuid, Timestamp};
use authority_link::RolloutPlan;
use database::{DbError, Statement, Transaction, args};

use super::{Store, devices::json};
use crate::rollout::Rollout;

const PLANS: Statement = Statement::both("SELECT collection, plan FROM rollout_plan ORDER BY collection");
const PUT_PLAN: Statement = Statement::both(
    "INSERT INTO rollout_plan (collection, plan) VALUES ($1, $2) \
     ON CONFLICT (collection) DO UPDATE SET plan = excluded.plan",
);
const REMOVE_PLAN: Statement = Statement::both("DELETE FROM rollout_plan WHERE collection = $1");
const ONE: Statement = Statement::both("SELECT plan, stands FROM rollout WHERE task_guid = $1");
const BEGIN: Statement = Statement::both(
    "INSERT INTO rollout (task_guid, plan, stands, keep_until) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
);
const MOVE: Statement = Statement::both("UPDATE rollout SET stands = $2 WHERE task_guid = $1");
const FORGET: Statement = Statement::both("DELETE FROM rollout WHERE keep_until < $1");

impl Store {
    /// Returns the plans, each with its collection.
    pub(crate) async fn rollout_plans(&self) -> Result<Vec<(String, RolloutPlan)>, DbError> {
        let rows = self.db.rows(&PLANS, args![]).await?;
        rows.iter().map(|row| Ok((row.text("collection")?.to_owned(), row.json("plan")?))).collect()
    }

    /// Stores the plan of a collection.
    pub(crate) async fn put_rollout_plan(
        change: &mut Transaction,
        collection: &str,
        plan: &RolloutPlan,
    ) -> Result<(), DbError> {
        change.execute(&PUT_PLAN, args![collection, json(plan)]).await?;
        Ok(())
    }

    /// Removes the plan of a collection; returns whether there was one.
    pub(crate) async fn remove_rollout_plan(
        change: &mut Transaction,
        collection: &str,
    ) -> Result<bool, DbError> {
        Ok(change.execute(&REMOVE_PLAN, args![collection]).await? > 0)
    }

    /// Returns the plan by which an action goes, and where it stands; `None` where it goes to all at once.
    pub(crate) async fn rollout(
        &self,
        task_guid: TaskGuid,
    ) -> Result<Option<(RolloutPlan, Rollout)>, DbError> {
        let row = self.db.row(&ONE, args![task_guid.to_string()]).await?;
        row.map(|row| Ok((row.json("plan")?, row.json("stands")?))).transpose()
    }

    /// Stores that an action goes by a plan: as it is now, whatever becomes of the collection's own.
    pub(crate) async fn begin_rollout(
        change: &mut Transaction,
        task_guid: TaskGuid,
        plan: &RolloutPlan,
        rollout: &Rollout,
        keep_until: Timestamp,
    ) -> Result<(), DbError> {
        let arguments = args![task_guid.to_string(), json(plan), json(rollout), keep_until.0];
        change.execute(&BEGIN, arguments).await?;
        Ok(())
    }

    /// Stores where a rollout stands now.
    pub(crate) async fn move_rollout(
        change: &mut Transaction,
        task_guid: TaskGuid,
        rollout: &Rollout,
    ) -> Result<(), DbError> {
        change.execute(&MOVE, args![task_guid.to_string(), json(rollout)]).await?;
        Ok(())
    }

    /// Forgets the rollouts of actions that have ended.
    pub(crate) async fn forget_rollouts(&self, now: Timestamp) -> Result<u64, DbError> {
        self.db.write(&FORGET, args![now.0]).await
    }
}
