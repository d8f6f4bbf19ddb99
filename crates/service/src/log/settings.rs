//! Where and how a program writes its logs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where and how a program writes its logs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogSettings {
    /// The folder of the log files.
    pub folder: PathBuf,
    /// The form of a line.
    pub format: Format,
    /// The size at which a file is renamed to `.lo_`, in bytes. A component takes at most twice this.
    pub max_bytes: u64,
    /// The zone of the local times in text logs.
    pub zone: Zone,
}

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The field's framing, which CMTrace and its kin read.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The zone of the local times in text logs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Zone {
    /// This machine's.
    #[default]
    System,
    /// A fixed distance from UTC, in minutes; positive is east.
    FixedMinutes(i16),
}

impl LogSettings {
    /// The default of [`LogSettings::max_bytes`], 5 MiB: some 25,000 lines, a busy day of a site; the six components of
    /// a site together stay below 60 MiB.
    pub const MAX_BYTES: u64 = 5 << 20;

    /// Returns the default settings for logs in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), format: Format::Text, max_bytes: Self::MAX_BYTES, zone: Zone::System }
    }
}
