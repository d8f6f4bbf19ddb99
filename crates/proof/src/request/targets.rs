//! Targets as a request carries them: the shared words, with integers as decimal strings.

use action::{Target, Targets};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::encoding::decimal;

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Signed {
    Devices {
        devices: Vec<Target>,
    },
    Collection {
        collection: String,
        #[serde(with = "decimal")]
        at_most: u64,
        #[serde(with = "decimal")]
        version: u64,
    },
}

pub(super) fn serialize<S: Serializer>(targets: &Targets, serializer: S) -> Result<S::Ok, S::Error> {
    match targets.clone() {
        Targets::Devices { devices } => Signed::Devices { devices },
        Targets::Collection { collection, at_most, version } => {
            Signed::Collection { collection, at_most, version }
        }
    }
    .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Targets, D::Error> {
    Ok(match Signed::deserialize(deserializer)? {
        Signed::Devices { devices } => Targets::Devices { devices },
        Signed::Collection { collection, at_most, version } => {
            Targets::Collection { collection, at_most, version }
        }
    })
}
