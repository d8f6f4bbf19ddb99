//! The site's service connector: takes what the console asks, has the site authority decide it, and hands it to the
//! notification server; reports upward what became of it, and uploads the site's devices.

mod console_url;
mod proxy;
mod dial;
mod ask;
mod attachment;
mod attach;
mod link;
mod offboard;
mod status;

pub use attach::{AttachError, AttachOptions, Attached, attach};
pub use attachment::{Attachment, AttachmentError};
pub use console_url::{ConsoleUrl, NotAConsoleUrl};
pub use dial::DialError;
pub use offboard::{OffboardError, OffboardOptions, Offboarded, offboard};
pub use proxy::{NotAProxy, Proxy};
pub use status::{LinkState, Status, status};
