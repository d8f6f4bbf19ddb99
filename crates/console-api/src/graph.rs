//! The two Microsoft Graph shapes that scripts already use.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /v1.0/deviceManagement/managedDevices`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct GraphDevices {
    /// Always `…/$metadata#deviceManagement/managedDevices`.
    #[serde(rename = "@odata.context")]
    pub context: String,
    /// The address of the next page; absent on the last one.
    #[serde(default, rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
    /// The devices.
    pub value: Vec<ManagedDevice>,
}

/// A device in Graph's words.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedDevice {
    /// The device's id.
    pub id: String,
    /// Its name.
    pub device_name: String,
    /// Its operating system.
    pub operating_system: String,
    /// The operating system's version.
    pub os_version: String,
    /// Always `configurationManagerClient`.
    pub management_agent: String,
    /// When it enrolled.
    pub enrolled_date_time: String,
    /// When it was last known to be connected.
    pub last_sync_date_time: String,
    /// `compliant`, `noncompliant` or `unknown`.
    pub compliance_state: String,
    /// What became of the last actions on the device; only where one device is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_action_results: Option<Vec<DeviceActionResult>>,
}

/// What became of an action on a device, in Graph's words.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceActionResult {
    /// Such as `refreshMachinePolicy`.
    pub action_name: String,
    /// `pending`, `active`, `done`, `failed`, `canceled` or `notSupported`.
    pub action_state: String,
    /// `pendingDelivery`, `deliveredToConnectorService` or `deliveredToOnPremisesServer`.
    pub action_delivery_status: String,
    /// When it was asked for.
    pub start_date_time: String,
    /// When anything of it last changed.
    pub last_updated_date_time: String,
    /// Tenon's id of the action.
    pub task_guid: String,
}

/// The body of `triggerConfigurationManagerAction`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TriggerConfigurationManagerAction {
    /// The action.
    pub configuration_manager_action: TriggerAction,
}

/// The action of [`TriggerConfigurationManagerAction`].
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct TriggerAction {
    /// `refreshMachinePolicy`, `refreshUserPolicy` or `appEvaluation`.
    pub action: String,
}

/// An error as Graph writes it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct GraphError {
    /// Such as `BadRequest`.
    pub code: String,
    /// What is wrong, and the fix.
    pub message: String,
}
