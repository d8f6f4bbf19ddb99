//! What an action is aimed at.

use serde::{Deserialize, Serialize};

use crate::DeviceId;

/// One device that an action is aimed at, with the name that the person who asked saw.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Target {
    /// The device.
    pub device: DeviceId,
    /// Its name as the asker saw it; the site refuses a target that has another name.
    pub name: String,
}

/// What an action is aimed at: devices by id, or a collection of the site.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Targets {
    /// Devices, each by id and name. At most [`Targets::MOST_DEVICES`]; more are asked for as a collection.
    Devices {
        /// The devices, sorted by id, none twice.
        devices: Vec<Target>,
    },
    /// A collection of the site, as it is when the site decides.
    Collection {
        /// The collection's id, such as `SMS00001`.
        collection: String,
        /// The request is refused if the collection holds more devices than this.
        at_most: u64,
        /// The version of the collection's rule as the asker saw it; 0 where it was not looked at. The site refuses another.
        #[serde(default, skip_serializing_if = "not_looked_at")]
        version: u64,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn not_looked_at(version: &u64) -> bool {
    *version == 0
}

impl Targets {
    /// The most devices that one request names one by one (trust.md 3: above it only a count and a hash are signed).
    pub const MOST_DEVICES: usize = 1000;
    /// The collection that holds every device of a site.
    pub const ALL_DEVICES: &'static str = "SMS00001";
}
