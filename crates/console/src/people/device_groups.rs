//! Groups of devices, in the filter language. They grant at the console only: a site has collections of its own.

use axum::{Json, extract::State, http::StatusCode};
use console_api::{DeviceGroup, NewDeviceGroup};
use uuid::Uuid;

use super::{
    checked_name,
    permit::{ManageRoles, Permit},
    users::name_taken,
};
use crate::{
    devices,
    problem::Refusal,
    read::{Body, Id},
    state::Console,
};

/// The most groups of a tenant.
const MOST_GROUPS: usize = 200;

/// List the device groups by name.
#[utoipa::path(get, path = "/api/v1/device-groups", tag = "roles", responses((status = 200, body = Vec<DeviceGroup>)))]
pub(crate) async fn list_device_groups(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
) -> Result<Json<Vec<DeviceGroup>>, Refusal> {
    Ok(Json(console.store().device_groups(permit.tenant()).await?))
}

/// Make a device group.
#[utoipa::path(post, path = "/api/v1/device-groups", tag = "roles", request_body = NewDeviceGroup,
    responses((status = 201, body = DeviceGroup)))]
pub(crate) async fn create_device_group(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
    Body(new): Body<NewDeviceGroup>,
) -> Result<(StatusCode, Json<DeviceGroup>), Refusal> {
    if console.store().device_groups(permit.tenant()).await?.len() >= MOST_GROUPS {
        let detail = format!("The tenant has {MOST_GROUPS} device groups already.");
        return Err(Refusal::conflict("too-many-groups", detail, "Remove one that is no longer used."));
    }
    let group = checked(service::dice::uuid(), &new)?;
    keep(&console, &permit, &group, true).await?;
    Ok((StatusCode::CREATED, Json(group)))
}

/// Change a device group. It counts at once for whoever holds a role on it.
#[utoipa::path(put, path = "/api/v1/device-groups/{device_group}", tag = "roles", request_body = NewDeviceGroup,
    params(("device_group" = Uuid, Path)), responses((status = 200, body = DeviceGroup)))]
pub(crate) async fn put_device_group(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
    Id(group): Id<Uuid>,
    Body(new): Body<NewDeviceGroup>,
) -> Result<Json<DeviceGroup>, Refusal> {
    let known = console.store().device_groups(permit.tenant()).await?;
    if known.iter().all(|known| known.id != group) {
        return Err(Refusal::not_found("device group", group));
    }
    let group = checked(group, &new)?;
    keep(&console, &permit, &group, false).await?;
    Ok(Json(group))
}

/// Remove a device group that no assignment and no token names.
#[utoipa::path(delete, path = "/api/v1/device-groups/{device_group}", tag = "roles",
    params(("device_group" = Uuid, Path)), responses((status = 204, description = "The group is gone.")))]
pub(crate) async fn delete_device_group(
    State(console): State<Console>,
    permit: Permit<ManageRoles>,
    Id(group): Id<Uuid>,
) -> Result<StatusCode, Refusal> {
    let entry = permit.audit("device_group.remove", group.to_string(), console.now());
    match console.store().delete_device_group(permit.tenant(), group, &[entry]).await? {
        Some(true) => Ok(StatusCode::NO_CONTENT),
        Some(false) => Err(Refusal::not_found("device group", group)),
        None => {
            let detail = "An assignment or an API token names this group.";
            Err(Refusal::conflict("group-used", detail, "Take those away first."))
        }
    }
}

fn checked(id: Uuid, new: &NewDeviceGroup) -> Result<DeviceGroup, Refusal> {
    let name = checked_name("name", &new.name)?;
    let filter = devices::parse(&new.filter)?;
    Ok(DeviceGroup { id, name, filter: filter.to_string() })
}

async fn keep(
    console: &Console,
    permit: &Permit<ManageRoles>,
    group: &DeviceGroup,
    new: bool,
) -> Result<(), Refusal> {
    let what = if new { "device_group.create" } else { "device_group.change" };
    let entry = permit.audit(what, format!("{} {}: {}", group.id, group.name, group.filter), console.now());
    match console.store().put_device_group(permit.tenant(), group, new, &[entry]).await {
        Err(error) if error.is_constraint() => Err(name_taken("name", &group.name)),
        Ok(false) => Err(Refusal::not_found("device group", group.id)),
        stored => Ok(stored.map(|_| ())?),
    }
}
