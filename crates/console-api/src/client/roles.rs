//! Calls about roles, assignments and device groups of the console.

use reqwest::Method;
use uuid::Uuid;

use crate::{
    Assignment, Client, ClientError, ConsoleRole, DeviceGroup, NewAssignment, NewConsoleRole, NewDeviceGroup,
    PermissionInfo,
};

/// For calls without a body.
const NO_BODY: Option<&()> = None;

impl Client {
    /// Lists the permissions of the console.
    ///
    /// # Errors
    ///
    /// See [`ClientError`]; the same holds for every call.
    pub async fn permissions(&self) -> Result<Vec<PermissionInfo>, ClientError> {
        self.get("api/v1/permissions", Vec::new()).await
    }

    /// Lists the roles of the console.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn roles(&self) -> Result<Vec<ConsoleRole>, ClientError> {
        self.get("api/v1/roles", Vec::new()).await
    }

    /// Makes a role.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_role(&self, new: &NewConsoleRole) -> Result<ConsoleRole, ClientError> {
        self.post("api/v1/roles", new).await
    }

    /// Changes a role.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn put_role(&self, role: Uuid, new: &NewConsoleRole) -> Result<ConsoleRole, ClientError> {
        self.call(Method::PUT, &format!("api/v1/roles/{role}"), new).await
    }

    /// Removes a role, with its assignments.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn delete_role(&self, role: Uuid) -> Result<(), ClientError> {
        self.tell(Method::DELETE, &format!("api/v1/roles/{role}"), NO_BODY).await
    }

    /// Lists who holds which role where.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn assignments(&self) -> Result<Vec<Assignment>, ClientError> {
        self.get("api/v1/assignments", Vec::new()).await
    }

    /// Gives a role to somebody.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn assign(&self, new: &NewAssignment) -> Result<Assignment, ClientError> {
        self.post("api/v1/assignments", new).await
    }

    /// Takes a role away.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn unassign(&self, assignment: Uuid) -> Result<(), ClientError> {
        self.tell(Method::DELETE, &format!("api/v1/assignments/{assignment}"), NO_BODY).await
    }

    /// Lists the device groups.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn device_groups(&self) -> Result<Vec<DeviceGroup>, ClientError> {
        self.get("api/v1/device-groups", Vec::new()).await
    }

    /// Makes a device group.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn create_device_group(&self, new: &NewDeviceGroup) -> Result<DeviceGroup, ClientError> {
        self.post("api/v1/device-groups", new).await
    }

    /// Changes a device group.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn put_device_group(
        &self,
        group: Uuid,
        new: &NewDeviceGroup,
    ) -> Result<DeviceGroup, ClientError> {
        self.call(Method::PUT, &format!("api/v1/device-groups/{group}"), new).await
    }

    /// Removes a device group that no assignment and no token names.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub async fn delete_device_group(&self, group: Uuid) -> Result<(), ClientError> {
        self.tell(Method::DELETE, &format!("api/v1/device-groups/{group}"), NO_BODY).await
    }
}
