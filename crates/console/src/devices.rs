//! Devices, as their sites last uploaded them.

mod export;
mod details;
mod logs;

use action::{DeviceId, SiteId};
use axum::{Json, extract::State};
use console_api::{Device, DeviceCount, OnlineStatus, Page};
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
    store::{COUNT_TO, DeviceFilter, DeviceKey, Sort},
};

/// The longest text to search for.
const LONGEST_SEARCH: usize = 255;

/// Returns the endpoints about devices.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::new()
        .routes(routes!(list_devices))
        .routes(routes!(count_devices))
        .routes(routes!(export::export_devices))
        .routes(routes!(show_device))
        .routes(routes!(details::device_details))
        .routes(routes!(logs::device_logs))
}

/// Which devices.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only those of a site.
    #[param(value_type = Option<uuid::Uuid>)]
    site: Option<SiteId>,
    /// Only those in this state.
    status: Option<OnlineStatus>,
    /// Only those that match, in the filter language: `name startsWith "shop-" and online = true`.
    filter: Option<String>,
    /// Only those of which name, user, serial number, addresses or tags hold each of these words. A word of one or two
    /// letters must begin the name.
    search: Option<String>,
    /// By what they are listed, then by name: `name`, `online`, `seen`, `os`, `client_version` or `user`; with `-` before
    /// it the other way round.
    sort: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many a page holds, 1000 at most.
    limit: Option<u32>,
}

impl Wanted {
    /// Checks what is asked for.
    async fn read(&self, console: &Console, permit: &Permit<ReadDevices>) -> Result<DeviceFilter, Refusal> {
        if let Some(site) = self.site
            && (!permit.reach().touches(site) || console.store().site(permit.tenant(), site).await?.is_none())
        {
            return Err(Refusal::not_found("site", site));
        }
        let search = self.search.clone().filter(|search| !search.trim().is_empty());
        if search.as_ref().is_some_and(|search| search.len() > LONGEST_SEARCH) {
            let detail = format!("`search` is longer than {LONGEST_SEARCH} bytes.");
            return Err(Refusal::not_valid("search", detail, "Search for a part of what you look for."));
        }
        let sort = match self.sort.as_deref() {
            None => Sort::default(),
            Some(text) => Sort::read(text).ok_or_else(|| {
                let fix = "Use `name`, `online`, `seen`, `os`, `client_version` or `user`, with `-` before it to turn it \
                           round.";
                Refusal::not_valid("sort", "Devices are not listed by that.", fix)
            })?,
        };
        let after: Option<DeviceKey> = page::read("after", self.after.as_deref())?;
        if after.as_ref().is_some_and(|after| !after.fits(sort)) {
            let fix = "Send the same `sort` with each page, or leave `after` out to begin.";
            return Err(Refusal::not_valid("after", "`after` belongs to another order.", fix));
        }
        let filter = self.filter.as_deref().map(parse).transpose()?;
        let reach = permit.reach().clone();
        Ok(DeviceFilter { site: self.site, status: self.status, search, filter, reach, sort, after })
    }
}

/// List devices.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices", params(Wanted),
    responses((status = 200, body = Page<Device>)))]
pub(crate) async fn list_devices(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<Device>>, Refusal> {
    let size = page::size(wanted.limit)?;
    let filter = wanted.read(&console, &permit).await?;
    let found = console.store().devices(permit.tenant(), &filter, size + 1).await?;
    let page = page::of(found, size, |(key, _)| key.clone());
    let items = page.items.into_iter().map(|(_, device)| device).collect();
    Ok(Json(Page { items, next: page.next }))
}

/// Count devices, up to 10,000.
#[utoipa::path(get, path = "/api/v1/devices/count", tag = "devices", params(Wanted),
    responses((status = 200, body = DeviceCount)))]
pub(crate) async fn count_devices(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<DeviceCount>, Refusal> {
    let filter = wanted.read(&console, &permit).await?;
    let found = console.store().count_devices(permit.tenant(), &filter).await?;
    let most = u64::from(COUNT_TO);
    Ok(Json(DeviceCount { count: found.min(most), more: found > most }))
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
