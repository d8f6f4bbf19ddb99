//! Calls about webhooks.

use reqwest::Method;
use uuid::Uuid;

use super::call::Query;
use crate::{Client, ClientError, CreatedWebhook, DeadLetter, NewWebhook, Replayed, Webhook};

const NO_BODY: Option<&()> = None;

impl Client {
    /// Lists the tenant's webhooks.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, ClientError> {
        self.get("api/v1/webhooks", Query::new()).await
    }

    /// Makes a webhook.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_webhook(&self, new: &NewWebhook) -> Result<CreatedWebhook, ClientError> {
        self.post("api/v1/webhooks", new).await
    }

    /// Ends a webhook.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn remove_webhook(&self, webhook: Uuid) -> Result<(), ClientError> {
        self.tell(Method::DELETE, &format!("api/v1/webhooks/{webhook}"), NO_BODY).await
    }

    /// Lists the events that a webhook could not deliver.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn dead_letters(&self, webhook: Uuid) -> Result<Vec<DeadLetter>, ClientError> {
        self.get(&format!("api/v1/webhooks/{webhook}/dead-letters"), Query::new()).await
    }

    /// Sends the events again that a webhook could not deliver.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn replay(&self, webhook: Uuid) -> Result<Replayed, ClientError> {
        self.post(&format!("api/v1/webhooks/{webhook}/replay"), &serde_json::json!({})).await
    }
}
