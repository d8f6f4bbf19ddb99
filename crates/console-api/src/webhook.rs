//! Webhooks: what the console tells other systems of actions and connectors.

use std::fmt;

use action::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::schema;

/// Asks for a webhook.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where events are sent: `https://`, and an address of the internet unless the console's operator allows others.
    pub url: String,
    /// Which events: their types, such as `tenon.action.ended`; all where it is empty.
    #[serde(default)]
    pub types: Vec<String>,
}

/// A webhook, without its secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Webhook {
    /// The webhook.
    pub id: Uuid,
    /// Where events are sent.
    pub url: String,
    /// Which events; all where it is empty.
    pub types: Vec<String>,
    /// When it was made.
    #[schema(schema_with = schema::moment)]
    pub created: Timestamp,
    /// Events that are on their way, or wait for another attempt.
    pub waiting: u64,
    /// Events that were given up: see its dead letters.
    pub dead: u64,
}

/// A webhook that was made, with its secret, which is shown this once.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct CreatedWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// The key of the signatures: HMAC-SHA256 over `id.timestamp.body`, in the header `webhook-signature`.
    pub secret: String,
}

impl fmt::Debug for CreatedWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedWebhook").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

/// An event that could not be delivered.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct DeadLetter {
    /// Its number.
    pub number: u64,
    /// The event, as CloudEvents JSON.
    #[schema(value_type = Object)]
    pub event: serde_json::Value,
    /// How often it was tried.
    pub attempts: u32,
    /// What came of the last attempt.
    pub error: String,
    /// When that was.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
}

/// How many dead letters are sent again.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Replayed {
    /// How many.
    pub events: u64,
}
