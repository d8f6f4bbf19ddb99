//! Devices, as their sites last uploaded them.

use action::{DeviceId, SiteId};
use axum::{Json, extract::State};
use console_api::{Device, Page};
use filter::Filter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    page,
    people::permit::{Permit, ReadDevices},
    problem::Refusal,
    read::{Id, Query},
    state::Console,
    store::{DeviceFilter, DeviceKey},
};

/// The longest text to search names for.
const LONGEST_SEARCH: usize = 255;

/// Returns the endpoints about devices.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new().routes(routes!(list_devices)).routes(routes!(show_device))
}

/// Which devices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only those of a site.
    #[param(value_type = Option<uuid::Uuid>)]
    site: Option<SiteId>,
    /// Only those that match, in the filter language: `name startsWith "shop-" and online = true`.
    filter: Option<String>,
    /// Only those whose name contains this.
    search: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many a page holds, 1000 at most.
    limit: Option<u32>,
}

/// List devices by name.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices", params(Wanted),
    responses((status = 200, body = Page<Device>)))]
pub(crate) async fn list_devices(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<Device>>, Refusal> {
    let size = page::size(wanted.limit)?;
    if let Some(site) = wanted.site
        && (!permit.reach().touches(site) || console.store().site(permit.tenant(), site).await?.is_none())
    {
        return Err(Refusal::not_found("site", site));
    }
    let search = wanted.search.filter(|search| !search.trim().is_empty());
    if search.as_ref().is_some_and(|search| search.len() > LONGEST_SEARCH) {
        let detail = format!("`search` is longer than {LONGEST_SEARCH} bytes.");
        return Err(Refusal::not_valid("search", detail, "Search for a part of a name."));
    }
    let after: Option<(String, DeviceId)> = page::read("after", wanted.after.as_deref())?;
    let filter = DeviceFilter {
        site: wanted.site,
        search,
        filter: wanted.filter.as_deref().map(parse).transpose()?,
        after: after.map(|(name_key, device)| DeviceKey { name_key, device }),
        reach: permit.reach().clone(),
    };
    let found = console.store().devices(permit.tenant(), &filter, size + 1).await?;
    let page = page::of(found, size, |(key, _)| (key.name_key.clone(), key.device));
    let items = page.items.into_iter().map(|(_, device)| device).collect();
    Ok(Json(Page { items, next: page.next }))
}

/// Show a device.
#[utoipa::path(get, path = "/api/v1/devices/{device}", tag = "devices", params(("device" = uuid::Uuid, Path)),
    responses((status = 200, body = Device)))]
pub(crate) async fn show_device(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Id(device): Id<DeviceId>,
) -> Result<Json<Device>, Refusal> {
    permit.check_device(&console, device).await?;
    let found = console.store().device(permit.tenant(), device).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("device", device))?))
}

/// Reads a filter for devices.
pub(crate) fn parse(text: &str) -> Result<Filter, Refusal> {
    Filter::parse(text, filter::device::SEARCH).map_err(|error| {
        let detail = format!("The filter is not valid at character {}: {}.", error.at + 1, error.problem);
        Refusal::not_valid("filter", detail, error.fix)
    })
}
