//! One device of an action, and what the hops said.

use action::{DeviceId, Hop, Reason, State, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// A reason, with what to do about it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Why {
    /// The reason's name, such as `role_lacks_permission`; the list is closed.
    pub reason: String,
    /// The reason in words.
    pub text: String,
    /// What to do about it.
    pub fix: String,
    /// The hop that gives it.
    #[schema(schema_with = schema::hop)]
    pub hop: Hop,
}

impl From<&Reason> for Why {
    fn from(reason: &Reason) -> Self {
        let name = serde_json::to_value(reason)
            .ok()
            .and_then(|value| value.get("why").and_then(|why| why.as_str().map(str::to_owned)));
        Self {
            reason: name.unwrap_or_default(),
            text: reason.to_string(),
            fix: reason.fix().to_owned(),
            hop: reason.hop(),
        }
    }
}

/// Where an action stands for one device.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TargetState {
    /// The device.
    #[schema(schema_with = schema::uuid)]
    pub device: DeviceId,
    /// Its name, as the asker saw it.
    pub name: String,
    /// Where the action stands.
    #[schema(schema_with = schema::state)]
    pub state: State,
    /// Why it stopped, or what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// What the agent said of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Set where the device answered after the action had ended for it; the history has the answer.
    #[serde(default)]
    pub late_answer: bool,
    /// When anything of it last changed.
    #[schema(schema_with = schema::moment)]
    pub changed: Timestamp,
}

/// What a hop said of an action.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HistoryEntry {
    /// Grows in the order in which the console heard of it.
    pub number: u64,
    /// The device; absent where it concerns the whole action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::uuid, required = false)]
    pub device: Option<DeviceId>,
    /// Who says so.
    #[schema(schema_with = schema::hop)]
    pub hop: Hop,
    /// What happened: the state that it leads to.
    #[schema(schema_with = schema::state)]
    pub event: State,
    /// When, by that hop's clock.
    #[schema(schema_with = schema::moment)]
    pub at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// The rule of the site that allowed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What the agent said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Set where it came after the target had ended, and changed nothing.
    #[serde(default)]
    pub late: bool,
}
