//! All devices of a search as CSV, read page by page while they are sent.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use console_api::{Device, OnlineStatus, SeenBy};
use futures_util::stream;

use super::Wanted;
use crate::{
    people::permit::{Permit, ReadDevices},
    problem::Refusal,
    read::Query,
    state::Console,
    store::DeviceFilter,
};

/// The devices that one look at the store reads: all that an export holds in memory at a time.
const PAGE: u32 = 1_000;

const HEAD: &str = "name,id,resource_id,site,status,status_as_of,last_seen,last_seen_by,os,os_version,architecture,\
                    client_version,user,serial,addresses,tags,enrolled,compliant,resources\r\n";

/// Export the devices of a search as CSV (RFC 4180, UTF-8). Cells that a spreadsheet would take for a formula begin with
/// an apostrophe.
#[utoipa::path(get, path = "/api/v1/devices.csv", tag = "devices", params(Wanted),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(crate) async fn export_devices(
    State(console): State<Console>,
    permit: Permit<ReadDevices>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refusal> {
    let filter = wanted.read(&console, &permit).await?;
    let exporting = Exporting { console, permit, next: Some(filter), begun: false };
    let body = Body::from_stream(stream::unfold(exporting, |mut exporting| async move {
        let part = exporting.part().await?;
        Some((part, exporting))
    }));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = HeaderValue::from_static("attachment; filename=\"devices.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

struct Exporting {
    console: Console,
    permit: Permit<ReadDevices>,
    next: Option<DeviceFilter>,
    begun: bool,
}

impl Exporting {
    /// Returns the next lines. An error cuts the answer off, so that nobody takes a part for the whole.
    async fn part(&mut self) -> Option<Result<Bytes, database::DbError>> {
        let filter = self.next.take()?;
        let found = match self.console.store().devices(self.permit.tenant(), &filter, PAGE).await {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text.push_str(HEAD);
        }
        let now = self.console.now();
        for (_, device) in &found {
            line(&mut text, device, now);
        }
        if found.len() >= PAGE as usize
            && let Some((key, _)) = found.into_iter().next_back()
        {
            self.next = Some(DeviceFilter { after: Some(key), ..filter });
        }
        Some(Ok(Bytes::from(text)))
    }
}

fn line(text: &mut String, device: &Device, now: action::Timestamp) {
    let status = match device.status {
        OnlineStatus::Online => "online",
        OnlineStatus::Offline => "offline",
        OnlineStatus::Unknown => "unknown",
    };
    let by = match device.last_seen.by {
        SeenBy::NotificationServer => "notification_server",
        SeenBy::ManagementPoint => "management_point",
    };
    let compliance = device.compliance;
    let cells = [
        device.name.clone(),
        device.id.to_string(),
        device.resource_id.to_string(),
        device.site.to_string(),
        status.to_owned(),
        device.unknown_since.unwrap_or(now).to_string(),
        device.last_seen.at.to_string(),
        by.to_owned(),
        device.os.clone(),
        device.os_version.clone(),
        device.architecture.clone(),
        device.client_version.clone(),
        device.user.clone(),
        device.serial.clone(),
        device.addresses.join(" "),
        device.tags.join(" "),
        device.enrolled.to_string(),
        compliance.map(|compliance| compliance.compliant.to_string()).unwrap_or_default(),
        compliance.map(|compliance| compliance.total.to_string()).unwrap_or_default(),
    ];
    for (at, value) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        cell(text, value);
    }
    text.push_str("\r\n");
}

/// Writes a cell, harmless to a program that runs what begins like a formula.
fn cell(text: &mut String, value: &str) {
    let formula =
        value.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if !formula && !value.contains([',', '"', '\r', '\n']) {
        text.push_str(value);
        return;
    }
    text.push('"');
    if formula {
        text.push('\'');
    }
    text.push_str(&value.replace('"', "\"\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (value, expected) in [
            ("shop-1", "shop-1"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            let mut text = String::new();
            cell(&mut text, value);
            assert_eq!(text, expected);
        }
    }
}
