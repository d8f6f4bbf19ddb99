//! `tenon device`: the devices that a console knows.

use action::DeviceId;
use console_api::{Device as ShownDevice, DeviceQuery, LARGEST_PAGE};

use crate::{
    exit::{self, Stop},
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon device`.
#[derive(Debug, clap::Args)]
pub(crate) struct Device {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List devices
    List {
        /// Only devices that match, such as `name startsWith "shop-" and online = true`
        #[arg(long)]
        filter: Option<String>,
        /// Only devices whose name contains this
        #[arg(long)]
        search: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show a device
    Show {
        /// The device's id or name
        device: String,
    },
}

/// Runs `tenon device`.
pub(crate) async fn run(device: Device) -> anyhow::Result<()> {
    let client = device.console.client()?;
    match device.what {
        What::List { filter, search, limit } => {
            let mut devices = Vec::new();
            let mut query = DeviceQuery { filter, search, ..DeviceQuery::default() };
            while devices.len() < limit {
                let wanted = u32::try_from(limit - devices.len()).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE);
                query.limit = Some(wanted);
                let page = client.devices(&query).await.map_err(refused)?;
                devices.extend(page.items);
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
            }
            if device.console.json {
                return print::json(&devices);
            }
            let rows: Vec<_> = devices.iter().map(row).collect();
            print::table(&["ID", "RESOURCE", "NAME", "STATUS", "OS", "CLIENT", "COMPLIANCE"], &rows)?;
        }
        What::Show { device: wanted } => {
            let shown = find(&client, &wanted).await?;
            if device.console.json {
                return print::json(&shown);
            }
            show(&shown)?;
        }
    }
    Ok(())
}

/// Finds a device by its id or by its name, which only one device may have.
pub(crate) async fn find(client: &console_api::Client, wanted: &str) -> anyhow::Result<ShownDevice> {
    if let Ok(id) = wanted.parse::<DeviceId>() {
        return client.device(id).await.map_err(refused);
    }
    let filter = format!("name = {}", quoted(wanted));
    let query = DeviceQuery { filter: Some(filter), limit: Some(2), ..DeviceQuery::default() };
    let mut found = client.devices(&query).await.map_err(refused)?.items;
    match (found.pop(), found.is_empty()) {
        (Some(device), true) => Ok(device),
        (Some(_), false) => Err(Stop::error(
            exit::FAILED,
            format!("more than one device has the name `{wanted}`"),
            "name it by its id: `tenon device list --filter 'name = \"…\"'`",
        )),
        (None, _) => Err(Stop::error(
            exit::FAILED,
            format!("the console knows no device with the id or name `{wanted}`"),
            "look it up: `tenon device list --search TEXT`",
        )),
    }
}

/// Writes a text as the filter language quotes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn row(device: &ShownDevice) -> Vec<String> {
    vec![
        device.id.to_string(),
        device.resource_id.to_string(),
        device.name.clone(),
        status(device).to_owned(),
        device.os.clone(),
        device.client_version.clone(),
        device.compliance.map_or_else(String::new, |c| format!("{}/{}", c.compliant, c.total)),
    ]
}

fn status(device: &ShownDevice) -> &'static str {
    if device.online { "online" } else { "offline" }
}

fn show(device: &ShownDevice) -> anyhow::Result<()> {
    let compliance = device.compliance.map_or_else(
        || "not reported".to_owned(),
        |c| format!("{} of {} resources in the desired state, as of {}", c.compliant, c.total, c.at),
    );
    for (name, value) in [
        ("name", device.name.clone()),
        ("id", device.id.to_string()),
        ("resource", device.resource_id.to_string()),
        ("site", device.site.to_string()),
        ("status", format!("{} since {}", status(device), device.online_changed)),
        ("system", format!("{} {} ({})", device.os, device.os_version, device.architecture)),
        ("client", device.client_version.clone()),
        ("enrolled", device.enrolled.to_string()),
        ("compliance", compliance),
    ] {
        print::line(&format!("{name:<11} {}", print::clean(&value)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_with_quotes_stays_one_word_of_the_filter() {
        assert_eq!(super::quoted(r#"a"b\c"#), r#""a\"b\\c""#);
    }
}
