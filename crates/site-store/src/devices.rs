//! The site's devices: what they are, whether they are there, and what of it the console does not know yet.

mod row;
mod put;
mod compliance;
mod online;
mod upload;

pub use compliance::{Compliance, ComplianceRow};
pub use put::NewDevice;
pub use row::{ComplianceSummary, DeviceFacts, DeviceRow};
pub use upload::{DeviceChanges, DeviceChecksum};
