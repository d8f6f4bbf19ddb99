//! `tenon device-group`: groups of devices for which roles of the console are given.

use console_api::NewDeviceGroup;

use crate::{
    exit::{self, Stop},
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon device-group`.
#[derive(Debug, clap::Args)]
pub(crate) struct DeviceGroup {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the device groups
    List,
    /// Make a device group, or change it
    Put {
        /// The group's name
        name: String,
        /// Which devices, such as `name startsWith "shop-"`
        #[arg(long)]
        filter: String,
    },
    /// Remove a device group that no assignment and no token names
    Delete {
        /// The group's name
        name: String,
    },
}

/// Runs `tenon device-group`.
pub(crate) async fn run(group: DeviceGroup) -> anyhow::Result<()> {
    let client = group.console.client()?;
    let known = client.device_groups().await.map_err(refused)?;
    let find = |name: &str| known.iter().find(|group| group.name.to_lowercase() == name.to_lowercase());
    match group.what {
        What::List if group.console.json => print::json(&known)?,
        What::List => {
            let rows: Vec<_> = known.into_iter().map(|g| vec![g.id.to_string(), g.name, g.filter]).collect();
            print::table(&["ID", "NAME", "FILTER"], &rows)?;
        }
        What::Put { name, filter } => {
            let new = NewDeviceGroup { name: name.clone(), filter };
            let stored = match find(&name) {
                Some(group) => client.put_device_group(group.id, &new).await,
                None => client.create_device_group(&new).await,
            };
            let stored = stored.map_err(refused)?;
            if group.console.json {
                return print::json(&stored);
            }
            print::line(&format!("{} has the id {}", print::clean(&stored.name), stored.id))?;
        }
        What::Delete { name } => {
            let Some(found) = find(&name) else {
                let told = format!("there is no device group `{}`", print::clean(&name));
                return Err(Stop::error(exit::FAILED, told, "`tenon device-group list` lists them"));
            };
            client.delete_device_group(found.id).await.map_err(refused)?;
            print::line(&format!("{} is gone", print::clean(&name)))?;
        }
    }
    Ok(())
}
