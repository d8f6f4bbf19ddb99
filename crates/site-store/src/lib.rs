//! The site's operational database: its devices, the push messages and push tasks on their way to them, and the
//! history of each action.
//!
//! Service connector, notification server and management point share it, and a row in it can make no device do
//! anything: what runs on a device is signed by the site authority, whose store is another. Every path whose size is
//! the fleet's runs a fixed number of statements over sets, and a target's state is moved by
//! [`action::State::after`] only. The modules stand in the order in which devices and then actions meet them.

mod schema;
mod store;
mod counter;
mod code;
mod devices;
mod notifications;
mod forward;
mod push_messages;
mod waiting;
mod fold;
mod record;
mod cancel;
mod expire;
mod runs;
mod events;
mod targets;
mod settings;
mod content;
mod content_file;
mod applications;
mod device_logs;
mod sweep;
mod depths;
mod drains;

pub use applications::ApplicationRow;
pub use cancel::Cancelled;
pub use content::LARGEST_CONTENT;
pub use content_file::{CONTENT_CHUNK, ContentFileRow, ContentPart, LARGEST_CONTENT_FILE};
pub use depths::Depths;
pub use device_logs::{LogCollection, LogPart, LogPut};
pub use devices::{
    Compliance, ComplianceRow, ComplianceSummary, DeviceChanges, DeviceChecksum, DeviceDetails, DeviceFacts,
    DeviceRow, DeviceTaskRow, NewDevice,
};
pub use drains::{DrainRow, ToldDrain};
pub use forward::{Aim, Forward, Forwarded};
pub use notifications::{Notification, Taken};
pub use push_messages::PushMessage;
pub use record::{Recorded, TargetUpdate};
pub use settings::ThrottleSetting;
pub use store::SiteStore;
pub use sweep::{Retention, Swept};
pub use targets::TargetRow;
pub use waiting::Waiters;
