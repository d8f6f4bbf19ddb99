//! The site's devices: what they are, whether they are there, and what of it the console does not know yet.

mod row;
mod put;
mod compliance;
mod online;
mod upload;
mod known;

pub use compliance::{Compliance, ComplianceRow};
pub use known::DeviceTaskRow;
pub use put::NewDevice;
pub use row::{ComplianceSummary, DeviceDetails, DeviceFacts, DeviceRow};
pub use upload::{DeviceChanges, DeviceChecksum};
