//! Calls about actions.

use std::time::Duration;

use action::{BatchId, DeviceId, SiteId, State, TaskGuid};
use reqwest::Method;

use super::call::{Query, attempt};
use crate::{
    Action, ActionCheck, ActionDrain, Approved, Asked, CancelledAction, Client, ClientError, HistoryEntry,
    IDEMPOTENCY_KEY, NewAction, NewApproval, Page, SentRequest, TargetState,
};

/// Which actions.
#[derive(Clone, Debug, Default)]
pub struct ActionQuery {
    /// Only those at a site.
    pub site: Option<SiteId>,
    /// Only those with this device among their targets.
    pub device: Option<DeviceId>,
    /// Only those of one click.
    pub batch: Option<BatchId>,
    /// Only those that have not ended (`true`), or that have (`false`).
    pub open: Option<bool>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// How many a page holds.
    pub limit: Option<u32>,
}

/// Which targets, or which history, of an action.
#[derive(Clone, Debug, Default)]
pub struct TargetQuery {
    /// Only those in this state.
    pub state: Option<State>,
    /// Only this device.
    pub device: Option<DeviceId>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// How many a page holds.
    pub limit: Option<u32>,
}

impl Client {
    /// Asks for an action. The same `key` with the same action is the same action, however often it is sent.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_action(&self, new: &NewAction, key: &str) -> Result<Asked, ClientError> {
        let url = self.url("api/v1/actions", &Query::new());
        let attempt = attempt(&Method::POST, &url);
        let request =
            self.request(Method::POST, url).timeout(self.patience).header(IDEMPOTENCY_KEY, key).json(new);
        let response = self.send(request, &attempt).await?;
        response.json().await.map_err(|source| ClientError::Failed { attempt, source })
    }

    /// Asks what would become of an action. Nothing is stored.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn check_action(&self, new: &NewAction) -> Result<ActionCheck, ClientError> {
        self.post("api/v1/actions/check", new).await
    }

    /// Returns a page of actions, the newest first.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn actions(&self, query: &ActionQuery) -> Result<Page<Action>, ClientError> {
        let mut pairs = Query::new();
        pairs.extend(query.site.map(|site| ("site", site.to_string())));
        pairs.extend(query.device.map(|device| ("device", device.to_string())));
        pairs.extend(query.batch.map(|batch| ("batch", batch.to_string())));
        pairs.extend(query.open.map(|open| ("open", open.to_string())));
        pairs.extend(query.after.clone().map(|after| ("after", after)));
        pairs.extend(query.limit.map(|limit| ("limit", limit.to_string())));
        self.get("api/v1/actions", pairs).await
    }

    /// Returns an action, with the first page of its targets and history.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn action(&self, task_guid: TaskGuid) -> Result<Action, ClientError> {
        self.get(&format!("api/v1/actions/{task_guid}"), Vec::new()).await
    }

    /// Returns how the push of an action drains.
    ///
    /// # Errors
    ///
    /// See [`ClientError`]: where the site's connector is away, nobody knows.
    pub async fn drain(&self, task_guid: TaskGuid) -> Result<ActionDrain, ClientError> {
        self.get(&format!("api/v1/actions/{task_guid}/drain"), Vec::new()).await
    }

    /// Returns an action when it has ended, or as it stands after `patience`: whole seconds, 25 at most.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn action_at_end(
        &self,
        task_guid: TaskGuid,
        patience: Duration,
    ) -> Result<Action, ClientError> {
        let query = vec![("wait", patience.as_secs().to_string())];
        self.get(&format!("api/v1/actions/{task_guid}"), query).await
    }

    /// Returns a page of an action's targets.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn targets(
        &self,
        task_guid: TaskGuid,
        query: &TargetQuery,
    ) -> Result<Page<TargetState>, ClientError> {
        self.get(&format!("api/v1/actions/{task_guid}/targets"), query.pairs()).await
    }

    /// Returns a page of what the hops said of an action.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn history(
        &self,
        task_guid: TaskGuid,
        query: &TargetQuery,
    ) -> Result<Page<HistoryEntry>, ClientError> {
        self.get(&format!("api/v1/actions/{task_guid}/history"), query.pairs()).await
    }

    /// Returns the request of an action, as it is sent to its site.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn sent_request(&self, task_guid: TaskGuid) -> Result<SentRequest, ClientError> {
        self.get(&format!("api/v1/actions/{task_guid}/request"), Vec::new()).await
    }

    /// Carries what a second person says of a request to its site.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn approve(&self, task_guid: TaskGuid, approval: String) -> Result<Approved, ClientError> {
        self.post(&format!("api/v1/actions/{task_guid}/approval"), &NewApproval { approval }).await
    }

    /// Withdraws an action.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn cancel_action(&self, task_guid: TaskGuid) -> Result<CancelledAction, ClientError> {
        self.post(&format!("api/v1/actions/{task_guid}/cancel"), &serde_json::json!({})).await
    }
}

impl TargetQuery {
    fn pairs(&self) -> Query {
        let mut pairs = Query::new();
        pairs.extend(self.state.map(|state| ("state", state.name().to_owned())));
        pairs.extend(self.device.map(|device| ("device", device.to_string())));
        pairs.extend(self.after.clone().map(|after| ("after", after)));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs
    }
}
