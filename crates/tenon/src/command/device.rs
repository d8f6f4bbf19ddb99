//! `tenon device`: the devices that a console knows.

mod logs;

use action::DeviceId;
use console_api::{
    ClientError, Device as ShownDevice, DeviceDetails, DeviceQuery, LARGEST_PAGE, OnlineStatus,
};

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
        /// Only devices of which name, user, serial number, addresses or tags hold each of these words
        #[arg(long)]
        search: Option<String>,
        /// By what: name, online, seen, os, client_version or user; with `-` before it the other way round
        #[arg(long, allow_hyphen_values = true)]
        sort: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show a device, with what its site knows of it where the site lets you read that
    Show {
        /// The device's id or name
        device: String,
    },
    /// Collect the logs of a device's agent, list or read what was collected
    Logs(logs::Logs),
    /// Have the logs of a device's agent say more for a time
    LogLevel(logs::LogLevel),
}

/// Runs `tenon device`.
pub(crate) async fn run(device: Device) -> anyhow::Result<()> {
    let client = device.console.client()?;
    match device.what {
        What::List { filter, search, sort, limit } => {
            let mut devices = Vec::new();
            let mut query = DeviceQuery { filter, search, sort, ..DeviceQuery::default() };
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
            // What the console knows is shown whether or not the site lets this person read more.
            let details = client.device_details(shown.id).await;
            if device.console.json {
                let details = details.as_ref().ok();
                return print::json(&serde_json::json!({ "device": shown, "details": details }));
            }
            show(&shown)?;
            tell(&details)?;
        }
        What::Logs(wanted) => logs::run(&client, &wanted, device.console.json).await?,
        What::LogLevel(wanted) => logs::set_level(&client, &wanted, device.console.json).await?,
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
    match device.status {
        OnlineStatus::Online => "online",
        OnlineStatus::Offline => "offline",
        OnlineStatus::Unknown => "unknown",
    }
}

/// Prints what the site knows of a device, or why it does not say.
fn tell(details: &Result<DeviceDetails, ClientError>) -> anyhow::Result<()> {
    print::line("")?;
    let details = match details {
        Ok(details) => details,
        Err(error) => {
            let said = error
                .problem()
                .map_or_else(|| error.to_string(), |problem| format!("{} {}", problem.detail, problem.fix));
            print::line(&format!("the site does not say more: {}", print::clean(&said)))?;
            return Ok(());
        }
    };
    let when = if details.live { "now" } else { "last, its connector is away since" };
    print::line(&format!(
        "as the site knows it, {when} {} ({})",
        details.as_of,
        print::clean(&details.rule)
    ))?;
    let collections: Vec<_> = details.collections.iter().map(|c| format!("{} ({})", c.name, c.id)).collect();
    for (name, value) in [
        ("enrolment", details.client.enrolment.to_string()),
        ("said so", details.client.discovered.to_string()),
        ("server", details.client.notification_server.clone().unwrap_or_else(|| "none".to_owned())),
        ("collections", collections.join(", ")),
    ] {
        print::line(&format!("{name:<11} {}", print::clean(&value)))?;
    }
    if !details.tasks.is_empty() {
        let rows: Vec<_> = details
            .tasks
            .iter()
            .map(|t| {
                vec![
                    t.changed.to_string(),
                    t.kind.to_string(),
                    t.state.name().to_owned(),
                    t.task_guid.to_string(),
                ]
            })
            .collect();
        print::table(&["CHANGED", "KIND", "STATE", "TASK GUID"], &rows)?;
    }
    Ok(())
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
        ("last seen", device.last_seen.at.to_string()),
        ("client", device.client_version.clone()),
        ("user", device.user.clone()),
        ("serial", device.serial.clone()),
        ("addresses", device.addresses.join(" ")),
        ("tags", device.tags.join(", ")),
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
