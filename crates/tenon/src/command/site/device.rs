//! `tenon site device`: the devices as the site's authority knows them.

use action::DeviceId;
use authority_link::{OwnerAnswer, OwnerCall, PAGE, Standing};

use crate::{
    owner::{SiteFolder, unexpected},
    print,
};

/// `tenon site device`.
#[derive(Debug, clap::Args)]
pub(crate) struct SiteDevice {
    #[command(flatten)]
    site: SiteFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the devices, and which say that they are the same machine
    List {
        /// Only those that wait for approval
        #[arg(long, conflicts_with = "held")]
        pending: bool,
        /// Only those that are held because there are two of them
        #[arg(long)]
        held: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Admit a device that waits for approval
    Approve {
        /// The device
        device: DeviceId,
        /// It is this device, which was set up anew or is held: it takes over its record, and whoever has the old key is
        /// refused from then on
        #[arg(long, value_name = "DEVICE")]
        takes_over: Option<DeviceId>,
    },
    /// Take a device out of service: it is refused from now on and its record is kept
    Retire {
        /// The device
        device: DeviceId,
    },
    /// Show or set after how many days devices that are not heard of are retired
    CleanUp {
        /// Days, from 30 to 3653; 0 for never
        #[arg(long, value_name = "DAYS")]
        unseen_days: Option<u32>,
    },
    /// Forget a device: it is refused from now on, and its machine may enrol as a new device
    Delete {
        /// The device
        device: DeviceId,
    },
}

/// Runs `tenon site device`.
pub(super) async fn run(asked: SiteDevice) -> anyhow::Result<()> {
    let site = asked.site;
    let (call, told) = match asked.what {
        What::List { pending, held, json } => {
            let standing = match (pending, held) {
                (true, _) => Some(Standing::Pending),
                (false, true) => Some(Standing::Held),
                (false, false) => None,
            };
            return list(&site, standing, json).await;
        }
        What::CleanUp { unseen_days: None } => return show_clean_up(&site).await,
        What::CleanUp { unseen_days: Some(days) } => (OwnerCall::SetCleanUp { days }, clean_up(days)),
        What::Approve { device, takes_over } => (
            OwnerCall::ApproveDevice { device, takes_over },
            match takes_over {
                Some(known) => format!("{device} is admitted as {known} when it asks again"),
                None => format!("{device} is approved: it is admitted when it asks again"),
            },
        ),
        What::Retire { device } => {
            (OwnerCall::RetireDevice { device }, format!("{device} is retired, and refused from now on"))
        }
        What::Delete { device } => {
            (OwnerCall::DeleteDevice { device }, format!("{device} is deleted, and refused from now on"))
        }
    };
    match site.ask(call).await? {
        OwnerAnswer::Done => Ok(print::line(&told)?),
        other => Err(unexpected(&other)),
    }
}

async fn show_clean_up(site: &SiteFolder) -> anyhow::Result<()> {
    match site.ask(OwnerCall::CleanUp).await? {
        OwnerAnswer::CleanUp { days } => Ok(print::line(&clean_up(days))?),
        other => Err(unexpected(&other)),
    }
}

fn clean_up(days: u32) -> String {
    match days {
        0 => "devices are not retired by themselves".to_owned(),
        days => format!("devices that are not heard of for {days} days are retired"),
    }
}

async fn list(site: &SiteFolder, standing: Option<Standing>, json: bool) -> anyhow::Result<()> {
    let mut devices = Vec::new();
    let mut after = None;
    loop {
        let page = match site.ask(OwnerCall::ListDevices { standing, after }).await? {
            OwnerAnswer::Devices { devices } => devices,
            other => return Err(unexpected(&other)),
        };
        let is_last = page.len() < PAGE;
        after = page.last().map(|device| device.device);
        devices.extend(page);
        if is_last {
            break;
        }
    }
    if json {
        return print::json(&devices);
    }
    let rows: Vec<_> = devices
        .into_iter()
        .map(|device| {
            let twin = device.same_hardware_as.map_or_else(String::new, |twin| twin.to_string());
            let (id, resource) = (device.device.to_string(), device.resource.0.to_string());
            vec![id, resource, device.name, device.standing.name().to_owned(), twin]
        })
        .collect();
    Ok(print::table(&["DEVICE", "RESOURCE", "NAME", "STANDING", "SAME HARDWARE AS"], &rows)?)
}
